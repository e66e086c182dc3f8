//! Policies that AWS manages. Same names and meaning as AWS's, for the services that are spoken here; the
//! documents are our own. They are part of the program, not of the state.

use crate::model::{ManagedPolicy, PolicyVersion, Tags};

/// What their ARNs begin with: `aws` stands where the account would.
pub(super) const ARN_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// 2026-11-01T00:00:00Z.
const CREATED: i64 = 1_793_491_200;

struct Builtin {
    name: &'static str,
    /// Fixed, so that it is the same on every server.
    unique_id: &'static str,
    description: &'static str,
    document: &'static str,
}

const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "AdministratorAccess",
        unique_id: "ANPAFLOWLOGDADMINAAAA",
        description: "Everything.",
        document: include_str!("builtin/AdministratorAccess.json"),
    },
    Builtin {
        name: "AmazonVPCFullAccess",
        unique_id: "ANPAFLOWLOGDVPCFULLAA",
        description: "Networks and their flow logs.",
        document: include_str!("builtin/AmazonVPCFullAccess.json"),
    },
    Builtin {
        name: "AmazonVPCReadOnlyAccess",
        unique_id: "ANPAFLOWLOGDVPCREADAA",
        description: "Networks and their flow logs, for reading.",
        document: include_str!("builtin/AmazonVPCReadOnlyAccess.json"),
    },
    Builtin {
        name: "CloudWatchLogsFullAccess",
        unique_id: "ANPAFLOWLOGDLOGSFULLA",
        description: "CloudWatch Logs.",
        document: include_str!("builtin/CloudWatchLogsFullAccess.json"),
    },
    Builtin {
        name: "CloudWatchLogsReadOnlyAccess",
        unique_id: "ANPAFLOWLOGDLOGSREADA",
        description: "CloudWatch Logs, for reading and queries.",
        document: include_str!("builtin/CloudWatchLogsReadOnlyAccess.json"),
    },
    Builtin {
        name: "ReadOnlyAccess",
        unique_id: "ANPAFLOWLOGDREADONLYA",
        description: "Everything, for reading.",
        document: include_str!("builtin/ReadOnlyAccess.json"),
    },
];

/// Returns one by its name.
pub(super) fn policy(name: &str) -> Option<ManagedPolicy> {
    BUILTINS.iter().find(|builtin| builtin.name == name).map(Builtin::policy)
}

/// Returns all of them.
pub(super) fn policies() -> impl Iterator<Item = ManagedPolicy> {
    BUILTINS.iter().map(Builtin::policy)
}

impl Builtin {
    fn policy(&self) -> ManagedPolicy {
        ManagedPolicy {
            id: format!("{ARN_PREFIX}{}", self.name),
            name: self.name.to_owned(),
            path: "/".to_owned(),
            unique_id: self.unique_id.to_owned(),
            description: Some(self.description.to_owned()),
            created: CREATED,
            updated: CREATED,
            versions: vec![PolicyVersion {
                id: "v1".to_owned(),
                document: self.document.to_owned(),
                created: CREATED,
            }],
            default_version: "v1".to_owned(),
            next_version: 2,
            tags: Tags::new(),
        }
    }
}
