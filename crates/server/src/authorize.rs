//! May the caller? Policies decide; root may, and agents may do what is theirs.

use flowlogd_aws::policy::{self, Ask, Context, Principal};
use flowlogd_aws::{Arn, Fault};

use crate::call::{Call, Identity};
use crate::dispatch::Service;
use crate::ops::ec2;
use crate::ops::flowlogd::{DECISIONS, holds};

impl Call<'_> {
    /// Asks whether the caller may do `action` to `resource` (an ARN or `*`). Every operation has to ask
    /// before it answers; those that need no permission say so by [`Call::needs_no_permission`].
    pub(crate) fn authorize(&self, action: &str, resource: &str) -> Result<(), Fault> {
        self.authorize_with(action, resource, |_| {})
    }

    /// The same with context keys of the operation: `aws:RequestTag/…`, `iam:PassedToService`, ….
    pub(crate) fn authorize_with(
        &self,
        action: &str,
        resource: &str,
        add: impl FnOnce(&mut Context),
    ) -> Result<(), Fault> {
        self.authorized.set(true);
        match &self.caller.identity {
            Identity::Iam { principal, policies } => {
                let mut context = self.context(principal);
                if self.service == Service::Ec2 {
                    ec2::add_tags_of(self, resource, &mut context)?;
                }
                add(&mut context);
                let ask = Ask { principal, action, resource, context: &context };
                let evaluation = policy::evaluate(&ask, policies);
                if evaluation.is_allowed() {
                    return Ok(());
                }
                let clause = policy::clause(&evaluation.decision, action);
                Err(self.denied(action, resource, &clause))
            }
            Identity::Agent { host } => {
                if self.agent_may(host, action, resource)? {
                    return Ok(());
                }
                let clause = "because an agent's credential allows only what is its own";
                Err(self.denied(action, resource, clause))
            }
        }
    }

    /// Says that an operation is for everybody who is authenticated.
    pub(crate) fn needs_no_permission(&self) {
        self.authorized.set(true);
    }

    /// Returns the keys that every request has (`iam-sts-sigv4-cloudtrail.md` §3.1).
    pub(crate) fn context(&self, principal: &Principal) -> Context {
        let mut context = Context::default();
        let circumstances = self.circumstances;
        let now = circumstances.now / 1000;
        context.set("aws:CurrentTime", flowlogd_aws::Seconds(now).to_string());
        context.set("aws:EpochTime", now.to_string());
        context.set("aws:SecureTransport", circumstances.secure.to_string());
        if let Some(address) = circumstances.source_ip {
            context.set("aws:SourceIp", address.to_string());
        }
        if let Some(agent) = &circumstances.user_agent {
            context.set("aws:UserAgent", agent.clone());
        }
        let region = match self.service {
            Service::Iam => "us-east-1",
            Service::Ec2 | Service::Logs | Service::Sts | Service::Flowlogd => self.region(),
        };
        context.set("aws:RequestedRegion", region);
        context.set("aws:ResourceAccount", self.account());
        context.set("aws:PrincipalAccount", self.account());
        context.set("aws:PrincipalIsAWSService", "false");
        match principal {
            Principal::Root { account } => {
                context.set("aws:PrincipalArn", format!("arn:aws:iam::{account}:root"));
                context.set("aws:PrincipalType", "Account");
                context.set("aws:userid", account.clone());
            }
            Principal::User { arn, id, name } => {
                context.set("aws:PrincipalArn", arn.to_string());
                context.set("aws:PrincipalType", "User");
                context.set("aws:userid", id.clone());
                context.set("aws:username", name.clone());
            }
            Principal::Session { role, role_id, session, .. } => {
                context.set("aws:PrincipalArn", role.to_string());
                context.set("aws:PrincipalType", "AssumedRole");
                context.set("aws:userid", format!("{role_id}:{session}"));
            }
            Principal::Federated { arn, name, .. } => {
                context.set("aws:PrincipalArn", arn.to_string());
                context.set("aws:PrincipalType", "FederatedUser");
                context.set("aws:userid", format!("{}:{name}", arn.account));
            }
            Principal::Service { .. } => {}
        }
        for (key, value) in &self.caller.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value.clone());
        }
        if let Some(identity) = &self.caller.source_identity {
            context.set("aws:SourceIdentity", identity.clone());
        }
        if let Some(issued) = self.caller.token_issued {
            context.set("aws:TokenIssueTime", flowlogd_aws::Seconds(issued).to_string());
            context.set("aws:MultiFactorAuthPresent", "false");
        }
        context
    }

    /// `arn:aws:iam::A:user/NAME`, as denials name the caller.
    pub(crate) fn caller_arn(&self) -> String {
        self.caller.arn()
    }

    /// A denial in the words of the service (§7).
    pub(crate) fn denied(&self, action: &str, resource: &str, clause: &str) -> Fault {
        let who = self.caller_arn();
        let on = if resource == "*" { String::new() } else { format!(" on resource: {resource}") };
        let text = format!("User: {who} is not authorized to perform: {action}{on} {clause}");
        match self.service {
            Service::Ec2 => Fault::new(
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation. {text}"),
            )
            .with_status(403),
            Service::Iam | Service::Sts => Fault::new("AccessDenied", text).with_status(403),
            Service::Logs | Service::Flowlogd => Fault::new("AccessDeniedException", text),
        }
    }

    /// What an agent may do besides assuming delivery roles: its two operations, and writing the
    /// decisions of interfaces that it holds (`semantics.md` 18, 23).
    fn agent_may(&self, host: &str, action: &str, resource: &str) -> Result<bool, Fault> {
        if matches!(action, "flowlogd:GetAgentConfiguration" | "flowlogd:ReportAgent") {
            return Ok(true);
        }
        let group = format!("log-group:{DECISIONS}:log-stream:");
        let group = Arn::new("logs", self.region(), self.account(), group).to_string();
        let Some(stream) = resource.strip_prefix(&group) else { return Ok(false) };
        match action {
            "logs:CreateLogGroup" => Ok(stream.is_empty()),
            "logs:CreateLogStream" | "logs:PutLogEvents" => holds(self, host, stream),
            _ => Ok(false),
        }
    }
}
