//! Rules that nothing used, by the hit counters of the agents that watch their interfaces.

use std::collections::BTreeMap;

use flowlogd_aws::flowlogd::AttachmentReport;
use flowlogd_vpc::{Direction, Interface, Inventory};

use super::super::rule_text::{entry_text, find_rule};
use crate::daemon::hits_room;
use crate::doctor::Agent;

/// How one interface is watched. Times are Unix milliseconds.
#[derive(Clone, Debug)]
struct Watch {
    since: i64,
    until: i64,
    hits: Vec<String>,
}

/// What is known of the use of all rules that some interface has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Rules that decided nothing at any of their interfaces, all of which are watched.
    pub unused: Vec<UnusedRule>,
    /// Rules that decided nothing where they are watched, and that are not watched everywhere.
    pub unwatched: Vec<UnwatchedRule>,
    /// How many rules and entries did decide.
    pub used: usize,
    /// Entries that allow: they decide nothing by themselves, for what they let pass is for the security
    /// groups to decide, so that no counter tells of them.
    pub allowing_entries: usize,
    /// Rules without ids, which the agents' reports name by theirs.
    pub nameless: usize,
}

/// A rule or entry, and the interfaces that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedRule {
    /// As in `x-deciding-rule`.
    pub rule: String,
    /// What it says.
    pub text: String,
    /// How many interfaces have it.
    pub interfaces: usize,
    /// Since when all of them have been watched, in Unix milliseconds.
    pub since: i64,
    /// Until when, likewise: the reports are of then.
    pub until: i64,
}

/// The same where interfaces are not watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwatchedRule {
    /// As in `x-deciding-rule`.
    pub rule: String,
    /// What it says.
    pub text: String,
    /// `eni-…`, those that are not watched.
    pub unwatched: Vec<String>,
    /// How many are.
    pub watched: usize,
}

/// The watched interfaces, by id.
#[derive(Clone, Debug, Default)]
pub struct Watches(BTreeMap<String, Watch>);

impl Watches {
    /// Takes what agents reported last.
    pub fn of(agents: &[Agent]) -> Self {
        let mut watches = Self::default();
        for agent in agents {
            let attachments = &agent.report.attachments;
            let room = hits_room(attachments.len());
            for report in attachments {
                watches.add(report, agent.at, room);
            }
        }
        watches
    }

    /// Adds an attachment as it was reported at a time, in Unix milliseconds, with room for so many hits.
    ///
    /// A report without room for all hits leaves out those that were used longest ago: what it does not name
    /// is known to be unused no longer than since the last one's last use.
    fn add(&mut self, report: &AttachmentReport, at: i64, room: usize) {
        let is_counting = matches!(report.state.as_str(), "capturing" | "finished");
        let Some(mut since) = report.counting_since.filter(|_| is_counting) else { return };
        if report.hits.len() >= room {
            since = report.hits.last().map_or(since, |last| last.last_use.max(since));
        }
        let hits = report.hits.iter().map(|hits| hits.rule.clone());
        // Of two attachments of an interface, each may see what the other does not.
        let watch = self.0.entry(report.interface_id.clone()).or_insert_with(|| Watch {
            since,
            until: at,
            hits: Vec::new(),
        });
        watch.since = watch.since.max(since);
        watch.until = watch.until.min(at);
        watch.hits.extend(hits);
    }

    /// Returns what is known of the rules of an inventory.
    pub fn usage(&self, inventory: &Inventory) -> Usage {
        let mut usage = Usage::default();
        for (index, group) in inventory.security_groups.iter().enumerate() {
            let has_group = |interface: &&Interface| interface.security_groups.contains(&index);
            let interfaces: Vec<_> = inventory.interfaces.iter().filter(has_group).collect();
            for rule in group.ingress.iter().chain(&group.egress) {
                let found = rule.id.as_deref().and_then(|id| Some((id, find_rule(inventory, id)?)));
                match found {
                    None => usage.nameless += usize::from(!interfaces.is_empty()),
                    Some((id, found)) => {
                        let text = format!("{}: {}", group.id, found.text(inventory));
                        self.weigh(&mut usage, &interfaces, id.to_owned(), text);
                    }
                }
            }
        }
        for acl in &inventory.network_acls {
            let has_acl = |interface: &&Interface| {
                inventory.network_acl(interface).is_some_and(|theirs| theirs.id == acl.id)
            };
            let interfaces: Vec<_> = inventory.interfaces.iter().filter(has_acl).collect();
            let sides = [(Direction::Ingress, &acl.ingress), (Direction::Egress, &acl.egress)];
            for (direction, entries) in sides {
                for entry in entries {
                    if entry.allow {
                        usage.allowing_entries += usize::from(!interfaces.is_empty());
                        continue;
                    }
                    let rule = format!("{}:{direction}:{}", acl.id, entry.number);
                    let text = format!("denies {}", entry_text(entry, direction));
                    self.weigh(&mut usage, &interfaces, rule, text);
                }
            }
        }
        usage
    }

    fn weigh(&self, usage: &mut Usage, interfaces: &[&Interface], rule: String, text: String) {
        if interfaces.is_empty() {
            return;
        }
        let mut unwatched = Vec::new();
        let mut window: Option<(i64, i64)> = None;
        for interface in interfaces {
            let Some(watch) = self.0.get(&interface.id) else {
                unwatched.push(interface.id.clone());
                continue;
            };
            if watch.hits.contains(&rule) {
                usage.used += 1;
                return;
            }
            let (since, until) = window.unwrap_or((watch.since, watch.until));
            window = Some((since.max(watch.since), until.min(watch.until)));
        }
        if let Some((since, until)) = window
            && unwatched.is_empty()
            && since < until
        {
            let interfaces = interfaces.len();
            usage.unused.push(UnusedRule { rule, text, interfaces, since, until });
        } else {
            let watched = interfaces.len() - unwatched.len();
            usage.unwatched.push(UnwatchedRule { rule, text, unwatched, watched });
        }
    }
}

#[cfg(test)]
mod tests {
    use flowlogd_aws::flowlogd::RuleHits;

    use super::*;

    const NETWORK: &str = include_str!("../../../../../tests/explain/vpc.json");

    fn report(interface: &str, since: Option<i64>, hits: &[(&str, i64)]) -> AttachmentReport {
        let hit = |(rule, last_use): &(&str, i64)| RuleHits {
            rule: (*rule).to_owned(),
            packets: 1,
            last_use: *last_use,
        };
        AttachmentReport {
            interface_id: interface.to_owned(),
            state: "capturing".to_owned(),
            counting_since: since,
            hits: hits.iter().map(hit).collect(),
            ..AttachmentReport::default()
        }
    }

    fn usage_by(reports: &[(AttachmentReport, i64)], room: usize) -> Usage {
        let mut watches = Watches::default();
        for (report, at) in reports {
            watches.add(report, *at, room);
        }
        // Both interfaces have sg-web.
        let change = r#"[{ "ModifyNetworkInterfaceAttribute": {
            "NetworkInterfaceId": "eni-db", "Groups": ["sg-web", "sg-db"] } }]"#;
        watches.usage(&Inventory::from_json(NETWORK).unwrap().changed(change).unwrap())
    }

    fn windows(usage: &Usage) -> Vec<(&str, i64, i64)> {
        usage.unused.iter().map(|rule| (rule.rule.as_str(), rule.since, rule.until)).collect()
    }

    #[test]
    fn a_rule_of_two_interfaces_is_unused_as_long_as_both_were_watched() {
        let web = report("eni-web", Some(100), &[("sgr-ssh", 150), ("acl-front:egress:100", 160)]);
        let db = report("eni-db", Some(50), &[("sgr-https", 60)]);

        let usage = usage_by(&[(web, 300), (db, 200)], 100);

        assert_eq!(
            windows(&usage),
            [
                ("sgr-ping", 100, 200),
                ("sgr-out", 100, 200),
                ("sgr-postgres", 50, 200),
                ("acl-front:ingress:100", 100, 300),
            ]
        );
        assert_eq!(usage.unused[0].text, "sg-web: icmp type 8 from 0.0.0.0/0");
        assert_eq!(usage.unused[3].text, "denies everything from 198.51.100.0/24");
        assert_eq!((usage.used, usage.allowing_entries, usage.nameless), (3, 6, 0));
        assert_eq!(usage.unwatched, []);
    }

    #[test]
    fn what_nobody_watches_is_not_called_unused() {
        let web = report("eni-web", Some(100), &[("sgr-ssh", 150)]);
        let waiting =
            AttachmentReport { state: "waiting".to_owned(), ..report("eni-db", Some(100), &[]) };

        let usage = usage_by(&[(web, 300), (waiting, 300)], 100);

        assert_eq!(
            windows(&usage),
            [("acl-front:ingress:100", 100, 300), ("acl-front:egress:100", 100, 300)]
        );
        let told: Vec<_> = usage
            .unwatched
            .iter()
            .map(|rule| (rule.rule.as_str(), rule.unwatched.join(","), rule.watched))
            .collect();
        let db = || "eni-db".to_owned();
        assert_eq!(
            told,
            [
                ("sgr-https", db(), 1),
                ("sgr-ping", db(), 1),
                ("sgr-out", db(), 1),
                ("sgr-postgres", db(), 0)
            ]
        );
    }

    #[test]
    fn a_full_list_of_hits_tells_of_no_time_before_its_last() {
        let web = report("eni-web", Some(100), &[("sgr-ssh", 150), ("sgr-https", 120)]);

        let usage = usage_by(&[(web.clone(), 300)], 2);
        assert_eq!(windows(&usage)[0], ("acl-front:ingress:100", 120, 300));

        let by_an_old_agent = AttachmentReport { counting_since: None, ..web };
        assert_eq!(windows(&usage_by(&[(by_an_old_agent, 300)], 2)), []);
    }
}
