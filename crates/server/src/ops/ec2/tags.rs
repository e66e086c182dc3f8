//! `CreateTags`, `DeleteTags`, `DescribeTags`: tags of whatever has some (`vpc-filtering.md` §10.2).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{TagDescription, TagParameter};
use flowlogd_aws::ec2::{
    CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest, DescribeTagsResponse,
};
use flowlogd_aws::policy::Context;

use super::filter_table::FilterTable;
use super::page::page;
use super::{peering, tagging};
use crate::call::Call;
use crate::model::{
    FlowLog, Interface, InternetGateway, NetworkAcl, PrefixList, RouteTable, SecurityGroup, Subnet,
    Tags, Vpc, VpcPeering,
};
use crate::state::{Document, StateError};

/// Resources that one call may name.
const MAX_RESOURCES: usize = 1000;

/// Something with tags of its own.
trait Tagged: Document {
    fn tags(&mut self) -> &mut Tags;
}

macro_rules! tagged {
    ($($type:ty),*) => {
        $(impl Tagged for $type {
            fn tags(&mut self) -> &mut Tags {
                &mut self.tags
            }
        })*
    };
}
tagged!(
    Vpc,
    Subnet,
    Interface,
    SecurityGroup,
    NetworkAcl,
    PrefixList,
    RouteTable,
    InternetGateway,
    FlowLog,
    VpcPeering
);

/// Changes the tags of a resource, and returns its type and what it has then; nothing if there is no such
/// resource.
fn change(
    call: &Call<'_>,
    id: &str,
    edit: &dyn Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<bool, Fault> {
    fn of<D: Tagged>(
        call: &Call<'_>,
        id: &str,
        edit: &dyn Fn(&mut Tags) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        let Some(mut document) = call.get::<D>(id)? else { return Ok(false) };
        edit(document.tags())?;
        call.put(&document)?;
        Ok(true)
    }
    match kind_of(id)? {
        Vpc::KIND => of::<Vpc>(call, id, edit),
        Subnet::KIND => of::<Subnet>(call, id, edit),
        Interface::KIND => of::<Interface>(call, id, edit),
        SecurityGroup::KIND => of::<SecurityGroup>(call, id, edit),
        NetworkAcl::KIND => of::<NetworkAcl>(call, id, edit),
        PrefixList::KIND => of::<PrefixList>(call, id, edit),
        RouteTable::KIND => of::<RouteTable>(call, id, edit),
        InternetGateway::KIND => of::<InternetGateway>(call, id, edit),
        FlowLog::KIND => of::<FlowLog>(call, id, edit),
        VpcPeering::KIND => match peering::get(call, id)? {
            Some(_) => of::<VpcPeering>(call, id, edit),
            None => Ok(false),
        },
        _ => {
            // Rules are in their groups.
            let groups: Vec<SecurityGroup> = call.list()?;
            for mut group in groups {
                if let Some(rule) = group.rules.iter_mut().find(|rule| rule.id == id) {
                    edit(&mut rule.tags)?;
                    call.put(&group)?;
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Says in the context of a question about a resource, an ARN, which tags that has
/// (`iam-sts-sigv4-cloudtrail.md` §3.1).
pub(crate) fn add_to_context(
    call: &Call<'_>,
    resource: &str,
    context: &mut Context,
) -> Result<(), Fault> {
    let Some((_, id)) = resource.rsplit_once('/') else { return Ok(()) };
    for (key, value) in of(call, id)? {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
        context.set(&format!("ec2:ResourceTag/{key}"), value);
    }
    Ok(())
}

/// Returns the tags of a resource; none where there is no such resource, or it has none of its own.
fn of(call: &Call<'_>, id: &str) -> Result<Tags, StateError> {
    fn of<D: Tagged>(call: &Call<'_>, id: &str) -> Result<Tags, StateError> {
        Ok(call.get::<D>(id)?.map(|mut it| std::mem::take(it.tags())).unwrap_or_default())
    }
    match kind_of(id).unwrap_or_default() {
        Vpc::KIND => of::<Vpc>(call, id),
        Subnet::KIND => of::<Subnet>(call, id),
        Interface::KIND => of::<Interface>(call, id),
        SecurityGroup::KIND => of::<SecurityGroup>(call, id),
        NetworkAcl::KIND => of::<NetworkAcl>(call, id),
        PrefixList::KIND => of::<PrefixList>(call, id),
        RouteTable::KIND => of::<RouteTable>(call, id),
        InternetGateway::KIND => of::<InternetGateway>(call, id),
        FlowLog::KIND => of::<FlowLog>(call, id),
        VpcPeering::KIND => match peering::get(call, id)? {
            Some(peering) => Ok(peering.tags),
            None => Ok(Tags::new()),
        },
        RULE => {
            let rules = call.list::<SecurityGroup>()?.into_iter().flat_map(|group| group.rules);
            let rule = rules.into_iter().find(|rule| rule.id == id);
            Ok(rule.map(|rule| rule.tags).unwrap_or_default())
        }
        _ => Ok(Tags::new()),
    }
}

const RULE: &str = "security-group-rule";

/// Returns the type of a resource by the prefix of its id.
fn kind_of(id: &str) -> Result<&'static str, Fault> {
    let prefix = id.rsplit_once('-').map_or("", |(prefix, _)| prefix);
    Ok(match prefix {
        "vpc" => Vpc::KIND,
        "subnet" => Subnet::KIND,
        "eni" => Interface::KIND,
        "sg" => SecurityGroup::KIND,
        "sgr" => RULE,
        "acl" => NetworkAcl::KIND,
        "pl" => PrefixList::KIND,
        "rtb" => RouteTable::KIND,
        "igw" => InternetGateway::KIND,
        "pcx" => VpcPeering::KIND,
        "fl" => FlowLog::KIND,
        _ => return Err(Fault::new("InvalidID", format!("The ID '{id}' is not valid"))),
    })
}

fn missing(id: &str) -> Fault {
    Fault::new("InvalidID", format!("The ID '{id}' is not valid"))
}

fn check(resource_ids: &[String]) -> Result<(), Fault> {
    if resource_ids.is_empty() {
        let text = "The request must contain the parameter resourceIdSet";
        return Err(Fault::new("MissingParameter", text));
    }
    if resource_ids.len() > MAX_RESOURCES {
        let text =
            format!("The request names {} resources: at most {MAX_RESOURCES}", resource_ids.len());
        return Err(Fault::new("InvalidParameterValue", text));
    }
    Ok(())
}

/// Sets tags; the same keys get new values.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(call: &Call<'_>, request: CreateTagsRequest) -> Result<(), Fault> {
    authorize(call, &request.resource_ids, &request.tags)?;
    check(&request.resource_ids)?;
    let tags: Vec<(String, String)> =
        request.tags.iter().map(tagging::checked).collect::<Result<_, _>>()?;
    if tags.is_empty() {
        let text = "The request must contain the parameter tagSet";
        return Err(Fault::new("MissingParameter", text));
    }
    call.dry_run(request.dry_run)?;
    for id in &request.resource_ids {
        let is_there = change(call, id, &|present| {
            present.extend(tags.iter().cloned());
            tagging::limit(present)
        })?;
        if !is_there {
            return Err(missing(id));
        }
    }
    Ok(())
}

/// Takes tags away: all, those of a key, or those of a key with a value. What is not there is no fault.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeleteTagsRequest) -> Result<(), Fault> {
    authorize(call, &request.resource_ids, &request.tags)?;
    check(&request.resource_ids)?;
    call.dry_run(request.dry_run)?;
    for id in &request.resource_ids {
        let is_there = change(call, id, &|present| {
            if request.tags.is_empty() {
                present.clear();
            }
            for TagParameter { key, value } in &request.tags {
                if value.is_none() || present.get(key) == value.as_ref() {
                    present.remove(key);
                }
            }
            Ok(())
        })?;
        if !is_there {
            return Err(missing(id));
        }
    }
    Ok(())
}

fn authorize(call: &Call<'_>, ids: &[String], tags: &[TagParameter]) -> Result<(), Fault> {
    let action = format!("ec2:{}", call.action);
    let add = |context: &mut Context| {
        for TagParameter { key, value } in tags {
            if let Some(value) = value {
                context.set(&format!("aws:RequestTag/{key}"), value.clone());
            }
        }
        context.set_all("aws:TagKeys", tags.iter().map(|tag| tag.key.clone()));
    };
    if ids.is_empty() {
        return call.authorize_with(&action, "*", add);
    }
    for id in ids {
        let arn = match kind_of(id) {
            Ok(kind) => call.ec2_arn(kind, id),
            Err(_) => "*".to_owned(),
        };
        call.authorize_with(&action, &arn, add)?;
    }
    Ok(())
}

const FILTERS: FilterTable<TagDescription> = FilterTable(&[
    ("key", |it| vec![it.key.clone()]),
    ("resource-id", |it| vec![it.resource_id.clone()]),
    ("resource-type", |it| vec![it.resource_type.clone()]),
    ("value", |it| vec![it.value.clone()]),
]);

/// Lists tags.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeTagsRequest,
) -> Result<DescribeTagsResponse, Fault> {
    let DescribeTagsRequest { filters, max_results, next_token, dry_run } = request;
    call.authorize("ec2:DescribeTags", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let mut found: BTreeMap<String, TagDescription> = BTreeMap::new();
    let mut enter = |id: &str, kind: &str, tags: &Tags| {
        for (key, value) in tags {
            let description = TagDescription {
                resource_id: id.to_owned(),
                resource_type: kind.to_owned(),
                key: key.clone(),
                value: value.clone(),
            };
            // `tag:KEY` looks at this tag alone.
            let own = Tags::from([(key.clone(), value.clone())]);
            if FILTERS.matches(&filters, &own, &description) {
                found.insert(format!("{id} {key}"), description);
            }
        }
    };
    all::<Vpc>(call, &mut enter)?;
    all::<Subnet>(call, &mut enter)?;
    all::<Interface>(call, &mut enter)?;
    all::<SecurityGroup>(call, &mut enter)?;
    all::<NetworkAcl>(call, &mut enter)?;
    all::<PrefixList>(call, &mut enter)?;
    all::<RouteTable>(call, &mut enter)?;
    all::<InternetGateway>(call, &mut enter)?;
    all::<FlowLog>(call, &mut enter)?;
    for peering in peering::all(call)? {
        enter(&peering.id, VpcPeering::KIND, &peering.tags);
    }
    for group in call.list::<SecurityGroup>()? {
        for rule in &group.rules {
            enter(&rule.id, RULE, &rule.tags);
        }
    }
    let found: Vec<(String, TagDescription)> = found.into_iter().collect();
    let (tags, next_token) = page(found, |(place, _)| place, max_results, next_token.as_deref())?;
    let tag_set = tags.into_iter().map(|(_, tag)| tag).collect();
    Ok(DescribeTagsResponse { tag_set, next_token })
}

/// Shows each document of a kind.
fn all<D: Tagged>(call: &Call<'_>, enter: &mut impl FnMut(&str, &str, &Tags)) -> Result<(), Fault> {
    for mut document in call.list::<D>()? {
        let tags = document.tags().clone();
        enter(document.id(), D::KIND, &tags);
    }
    Ok(())
}
