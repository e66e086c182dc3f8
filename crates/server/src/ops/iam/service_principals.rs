//! Services that may be named in trust policies. An unknown one is refused when the policy is saved, as AWS
//! does: it is a slip of the pen, and nobody would ever come under that name
//! (`iam-sts-sigv4-cloudtrail.md` §4, §5.3).

/// First labels of `….amazonaws.com`.
const SERVICES: &[&str] = &[
    "access-analyzer",
    "acm",
    "airflow",
    "airflow-env",
    "amplify",
    "apigateway",
    "appflow",
    "application-autoscaling",
    "apprunner",
    "appsync",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "bedrock",
    "billingconsole",
    "cloud9",
    "cloudformation",
    "cloudfront",
    "cloudhsm",
    "cloudtrail",
    "cloudwatch",
    "codebuild",
    "codecommit",
    "codedeploy",
    "codepipeline",
    "cognito-idp",
    "config",
    "datapipeline",
    "datasync",
    "dax",
    "directoryservice",
    "dlm",
    "dms",
    "ds",
    "dynamodb",
    "ec2",
    "ec2fleet",
    "ecr",
    "ecs",
    "ecs-tasks",
    "eks",
    "eks-fargate-pods",
    "elasticache",
    "elasticbeanstalk",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "emr-serverless",
    "es",
    "events",
    "firehose",
    "fis",
    "fsx",
    "gamelift",
    "glue",
    "grafana",
    "greengrass",
    "guardduty",
    "imagebuilder",
    "inspector",
    "iot",
    "ivs",
    "kafka",
    "kafkaconnect",
    "kinesis",
    "kinesisanalytics",
    "kms",
    "lakeformation",
    "lambda",
    "lex",
    "logs",
    "macie",
    "mediaconvert",
    "memorydb",
    "monitoring",
    "mq",
    "network-firewall",
    "opensearchservice",
    "ops.apigateway",
    "organizations",
    "osis",
    "pipes",
    "ram",
    "rds",
    "redshift",
    "replicator.lambda",
    "resource-groups",
    "route53",
    "route53resolver",
    "s3",
    "sagemaker",
    "scheduler",
    "secretsmanager",
    "securityhub",
    "serverlessrepo",
    "servicecatalog",
    "servicediscovery",
    "ses",
    "shield",
    "sns",
    "spotfleet",
    "sqs",
    "ssm",
    "ssm-incidents",
    "states",
    "storagegateway",
    "support",
    "swf",
    "synthetics",
    "tagging",
    "transfer",
    "transitgateway",
    "vpc-flow-logs",
    "vpc-lattice",
    "waf",
    "wafv2",
    "workspaces",
    "xray",
];

/// Principals of two labels that are no service with a region.
const LONGER: &[&str] = &["delivery.logs", "edgelambda.lambda", "ssm-guiconnect", "vpce.ec2"];

/// Whether there is such a service: `NAME.amazonaws.com`, or `NAME.REGION.amazonaws.com` as `logs` uses it.
pub(super) fn is_known(principal: &str) -> bool {
    let Some(name) = principal.strip_suffix(".amazonaws.com") else { return false };
    if SERVICES.contains(&name) || LONGER.contains(&name) {
        return true;
    }
    name.rsplit_once('.')
        .is_some_and(|(service, region)| SERVICES.contains(&service) && is_region(region))
}

/// Whether a web identity provider is one that needs no registration.
pub(super) fn is_identity_provider(principal: &str) -> bool {
    matches!(
        principal,
        "cognito-identity.amazonaws.com"
            | "accounts.google.com"
            | "graph.facebook.com"
            | "www.amazon.com"
    )
}

/// `eu-central-1`: words and a number.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (Some(number), 3..) = (parts.last(), parts.len()) else { return false };
    number.bytes().all(|byte| byte.is_ascii_digit())
        && !number.is_empty()
        && parts
            .iter()
            .take(parts.len() - 1)
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}
