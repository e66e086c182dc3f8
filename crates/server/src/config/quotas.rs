//! How much of a kind there may be.

use serde::Deserialize;

/// Section `[server.quotas]`: AWS's defaults (`vpc-filtering.md` §12) unless it says otherwise. A quota
/// counts what an account has in a region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// 5, the default VPC among them.
    pub vpcs_per_region: usize,
    /// 5, the primary one among them; AWS raises it to 50.
    pub ipv4_cidr_blocks_per_vpc: usize,
    /// 5; AWS raises it to 50.
    pub ipv6_cidr_blocks_per_vpc: usize,
    /// 200.
    pub subnets_per_vpc: usize,
    /// 5000.
    pub network_interfaces_per_region: usize,
    /// 5; AWS raises it to 16 at most.
    pub security_groups_per_interface: usize,
    /// 50, as many as the largest instance types have; AWS's number depends on the type.
    pub private_addresses_per_interface: usize,
    /// 50, as many as the largest instance types have; AWS's number depends on the type.
    pub ipv6_addresses_per_interface: usize,
    /// 15, as many as the largest instance types have; AWS's number depends on the type.
    pub network_interfaces_per_instance: usize,
    /// 2500.
    pub security_groups_per_region: usize,
    /// 60, of a direction and an address family; AWS raises it.
    pub rules_per_security_group: usize,
    /// 200.
    pub network_acls_per_vpc: usize,
    /// 20, of a direction and an address family, the closing entry included; AWS raises it to 40.
    pub entries_per_network_acl: usize,
    /// 5, as many as VPCs.
    pub internet_gateways_per_region: usize,
    /// 200.
    pub route_tables_per_vpc: usize,
    /// 500, besides the local ones.
    pub routes_per_route_table: usize,
    /// 50; AWS raises it to 125.
    pub active_peerings_per_vpc: usize,
    /// 25, made and neither answered nor expired.
    pub outstanding_peering_requests: usize,
    /// 100.
    pub prefix_lists_per_region: usize,
    /// 1000.
    pub entries_per_prefix_list: usize,
    /// 1000; the oldest goes when another comes.
    pub versions_per_prefix_list: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            vpcs_per_region: 5,
            ipv4_cidr_blocks_per_vpc: 5,
            ipv6_cidr_blocks_per_vpc: 5,
            subnets_per_vpc: 200,
            network_interfaces_per_region: 5000,
            security_groups_per_interface: 5,
            private_addresses_per_interface: 50,
            ipv6_addresses_per_interface: 50,
            network_interfaces_per_instance: 15,
            security_groups_per_region: 2500,
            rules_per_security_group: 60,
            network_acls_per_vpc: 200,
            entries_per_network_acl: 20,
            internet_gateways_per_region: 5,
            route_tables_per_vpc: 200,
            routes_per_route_table: 500,
            active_peerings_per_vpc: 50,
            outstanding_peering_requests: 25,
            prefix_lists_per_region: 100,
            entries_per_prefix_list: 1000,
            versions_per_prefix_list: 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn a_quota_that_is_not_written_down_is_awss() {
        let config: Config = toml::from_str("[quotas]\nvpcs_per_region = 20").unwrap();

        assert_eq!(config.quotas, Quotas { vpcs_per_region: 20, ..Quotas::default() });
    }

    #[test]
    fn a_quota_that_there_is_not_is_refused_by_name() {
        let error = toml::from_str::<Config>("[quotas]\nvpcs = 20").unwrap_err();

        assert!(error.message().contains("`vpcs`"), "{error}");
    }
}
