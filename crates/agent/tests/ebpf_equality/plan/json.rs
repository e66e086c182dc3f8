//! A plan as the file that `aws ec2 describe-*` would print.

use flowlogd_vpc::Cidr;
use serde_json::{Value, json};

use super::service::Service;
use super::{Entry, Peer, Plan, Rule};

impl Plan {
    pub(crate) fn json(&self) -> String {
        let mut file = json!({
            "Vpcs": [{
                "VpcId": "vpc-1", "CidrBlock": format!("10.{}.0.0/16", self.vpc),
                "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": format!("2001:db8:{:x}::/48", self.vpc), "Ipv6CidrBlockState": { "State": "associated" } }],
            }],
            "Subnets": (0..self.subnets).map(|subnet| json!({
                "SubnetId": format!("subnet-{subnet}"), "VpcId": "vpc-1", "CidrBlock": self.subnet_v4(subnet).to_string(),
                "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": self.subnet_v6(subnet).to_string(), "Ipv6CidrBlockState": { "State": "associated" } }],
            })).collect::<Vec<_>>(),
            "NetworkInterfaces": (0..self.interfaces.len()).map(|number| self.interface_json(number)).collect::<Vec<_>>(),
            "PrefixLists": [{ "PrefixListId": "pl-0" }, { "PrefixListId": "pl-1" }],
            "PrefixListEntries": {
                "pl-0": entries_json(&self.lists[0]), "pl-1": entries_json(&self.lists[1]),
            },
        });
        self.groups_json(&mut file);
        if !self.acls.is_empty() {
            let acls = self.acls.iter().enumerate().map(|(subnet, entries)| {
                json!({
                    "NetworkAclId": format!("acl-{subnet}"), "VpcId": "vpc-1",
                    "Associations": [{ "SubnetId": format!("subnet-{subnet}") }],
                    "Entries": entries.iter().map(Entry::json).collect::<Vec<_>>(),
                })
            });
            file["NetworkAcls"] = acls.collect();
        }
        file.to_string()
    }

    fn interface_json(&self, number: usize) -> Value {
        let interface = &self.interfaces[number];
        let (v4, v6) = self.addresses(number);
        let v4 = v4
            .iter()
            .enumerate()
            .map(|(place, address)| json!({ "PrivateIpAddress": address, "Primary": place == 0 }));
        let v6 = v6.iter().map(|address| json!({ "Ipv6Address": address }));
        let mut item = json!({
            "NetworkInterfaceId": format!("eni-{number}"), "SubnetId": format!("subnet-{}", interface.subnet), "VpcId": "vpc-1",
            "InterfaceType": interface.kind, "SourceDestCheck": interface.is_checked,
            "PrivateIpAddresses": v4.collect::<Vec<_>>(), "Ipv6Addresses": v6.collect::<Vec<_>>(),
            "Groups": interface.groups.iter().map(|group| json!({ "GroupId": format!("sg-{group}") })).collect::<Vec<_>>(),
        });
        if interface.has_prefixes {
            let block = usize::from(interface.subnet) * 16 + number;
            item["Ipv4Prefixes"] =
                json!([{ "Ipv4Prefix": format!("10.{}.{block}.16/28", self.vpc) }]);
            item["Ipv6Prefixes"] = json!([{ "Ipv6Prefix": format!("2001:db8:{:x}:{:x}:{:x}::/80", self.vpc, interface.subnet, 0x100 + number) }]);
        }
        if let Some((tcp, stream, udp)) = interface.timeouts {
            item["ConnectionTrackingConfiguration"] = json!({ "TcpEstablishedTimeout": tcp, "UdpStreamTimeout": stream, "UdpTimeout": udp });
        }
        item
    }

    fn groups_json(&self, file: &mut Value) {
        let mut rules = Vec::new();
        let mut groups = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let id = format!("sg-{number}");
            let mut item = json!({ "GroupId": id, "VpcId": "vpc-1" });
            if self.has_rule_ids {
                rules.extend(
                    group
                        .rules
                        .iter()
                        .enumerate()
                        .map(|(place, rule)| rule.json(&id, &format!("sgr-{number}-{place}"))),
                );
            } else {
                for (member, is_egress) in [("IpPermissions", false), ("IpPermissionsEgress", true)]
                {
                    let rules = group.rules.iter().filter(|rule| rule.is_egress == is_egress);
                    item[member] = rules.map(Rule::permission).collect();
                }
            }
            groups.push(item);
        }
        file["SecurityGroups"] = groups.into();
        if self.has_rule_ids {
            file["SecurityGroupRules"] = rules.into();
        }
    }
}

impl Rule {
    fn json(&self, group: &str, id: &str) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({
            "SecurityGroupRuleId": id, "GroupId": group, "IsEgress": self.is_egress, "IpProtocol": protocol,
            "FromPort": from, "ToPort": to,
        });
        match &self.peer {
            Peer::Cidr(cidr) if cidr.address().is_ipv4() => {
                item["CidrIpv4"] = cidr.to_string().into();
            }
            Peer::Cidr(cidr) => item["CidrIpv6"] = cidr.to_string().into(),
            Peer::Group(group) => {
                item["ReferencedGroupInfo"] = json!({ "GroupId": format!("sg-{group}") });
            }
            Peer::List(list) => item["PrefixListId"] = format!("pl-{list}").into(),
        }
        item
    }

    fn permission(&self) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({ "IpProtocol": protocol, "FromPort": from, "ToPort": to });
        match &self.peer {
            Peer::Cidr(cidr) if cidr.address().is_ipv4() => {
                item["IpRanges"] = json!([{ "CidrIp": cidr.to_string() }]);
            }
            Peer::Cidr(cidr) => item["Ipv6Ranges"] = json!([{ "CidrIpv6": cidr.to_string() }]),
            Peer::Group(group) => {
                item["UserIdGroupPairs"] = json!([{ "GroupId": format!("sg-{group}") }]);
            }
            Peer::List(list) => {
                item["PrefixListIds"] = json!([{ "PrefixListId": format!("pl-{list}") }]);
            }
        }
        item
    }
}

impl Entry {
    fn json(&self) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({
            "RuleNumber": self.number, "Egress": self.is_egress, "RuleAction": if self.allows { "allow" } else { "deny" },
            "Protocol": protocol,
        });
        let member = if self.cidr.address().is_ipv4() { "CidrBlock" } else { "Ipv6CidrBlock" };
        item[member] = self.cidr.to_string().into();
        match protocol {
            "6" | "17" => item["PortRange"] = json!({ "From": from, "To": to }),
            "1" | "58" => item["IcmpTypeCode"] = json!({ "Type": from, "Code": to }),
            _ => {}
        }
        item
    }
}

fn entries_json(list: &[Cidr]) -> Value {
    list.iter().map(|cidr| json!({ "Cidr": cidr.to_string() })).collect()
}
