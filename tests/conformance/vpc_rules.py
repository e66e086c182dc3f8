"""Security groups and network ACLs of a `vpc_lab`, made and changed through the API."""

PROTOCOLS = {"all": "-1", "icmp": "1", "tcp": "6", "udp": "17"}


class Group:
    """A security group. One that was just made lets everything out, and nothing in."""

    def __init__(self, ec2, group):
        self.ec2, self.id = ec2, group
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        [self.out] = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] and "CidrIpv4" in rule]
        self.out_ipv6 = [rule["SecurityGroupRuleId"] for rule in rules if "CidrIpv6" in rule]
        self.into = [rule["SecurityGroupRuleId"] for rule in rules if not rule["IsEgress"]]
        self.refusal = f"implicit-deny:{group}"

    def let_in(self, protocol, port, peer):
        """A rule for a block, or for another group's members. Returns its id."""
        permission = {"IpProtocol": PROTOCOLS[protocol], "FromPort": port, "ToPort": port}
        if isinstance(peer, Group):
            permission["UserIdGroupPairs"] = [{"GroupId": peer.id}]
        else:
            permission["IpRanges"] = [{"CidrIp": peer}]
        made = self.ec2.authorize_security_group_ingress(GroupId=self.id, IpPermissions=[permission])
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def no_longer(self, rule):
        self.ec2.revoke_security_group_ingress(GroupId=self.id, SecurityGroupRuleIds=[rule])

    def nothing_out(self):
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
        self.ec2.revoke_security_group_egress(GroupId=self.id, IpPermissions=everything)
        return self


class Acl:
    """A network ACL, which denies everything as yet."""

    def __init__(self, ec2, acl):
        self.ec2, self.id = ec2, acl

    def entry(self, number, direction, action, protocol="all", port=None, block="0.0.0.0/0"):
        more = {"IcmpTypeCode": {"Type": -1, "Code": -1}} if protocol == "icmp" else {}
        if port:
            more["PortRange"] = {"From": port, "To": port}
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.id, RuleNumber=number, Egress=direction == "egress", RuleAction=action,
            Protocol=PROTOCOLS[protocol], CidrBlock=block, **more,
        )
        return self
