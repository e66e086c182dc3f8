//! One transaction on the state.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

use super::{Document, Place, StateError};

/// A moment of the state; in a writing transaction, one that is being changed.
pub struct Txn<'a> {
    connection: &'a Connection,
    changed: Cell<bool>,
}

impl<'a> Txn<'a> {
    pub(super) const fn reading(connection: &'a Connection) -> Self {
        Self { connection, changed: Cell::new(false) }
    }

    pub(super) const fn writing(connection: &'a Connection) -> Self {
        Self { connection, changed: Cell::new(false) }
    }

    pub(super) fn has_changed(&self) -> bool {
        self.changed.get()
    }

    /// Returns a document by its id.
    pub fn get<D: Document>(&self, place: &Place, id: &str) -> Result<Option<D>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT body FROM document WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4",
        )?;
        let body: Option<String> = statement
            .query_row(params![place.account, place.region, D::KIND, id], |row| row.get(0))
            .optional()?;
        body.map(|body| parse(&body)).transpose()
    }

    /// Returns all documents of a kind in a place, in the order in which they were made.
    pub fn list<D: Document>(&self, place: &Place) -> Result<Vec<D>, StateError> {
        let statement =
            "SELECT number, body FROM document WHERE account = ?1 AND region = ?2 AND kind = ?3";
        self.ordered(statement, params![place.account, place.region, D::KIND])
    }

    /// Returns the documents of a kind one of whose members has a value, in the order in which they were made.
    /// Quick where the schema has an index of the member.
    pub fn list_by<D: Document>(
        &self,
        place: &Place,
        member: &'static str,
        value: &str,
    ) -> Result<Vec<D>, StateError> {
        let statement = format!("SELECT number, body FROM document WHERE {}", having::<D>(member));
        self.ordered(&statement, params![place.account, place.region, value])
    }

    /// Whether a document of a kind has a value in one of its members.
    pub fn has_by<D: Document>(
        &self,
        place: &Place,
        member: &'static str,
        value: &str,
    ) -> Result<bool, StateError> {
        let statement = format!("SELECT 1 FROM document WHERE {}", having::<D>(member));
        let mut statement = self.connection.prepare_cached(&statement)?;
        Ok(statement.exists(params![place.account, place.region, value])?)
    }

    /// Returns how many documents of a kind there are.
    pub fn count<D: Document>(&self, place: &Place) -> Result<usize, StateError> {
        // The kind stands in the statement, for the indexes that there are of one kind alone.
        let statement = format!(
            "SELECT count(*) FROM document WHERE account = ?1 AND region = ?2 AND kind = '{}'",
            D::KIND
        );
        let mut statement = self.connection.prepare_cached(&statement)?;
        let count: i64 =
            statement.query_row(params![place.account, place.region], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    fn ordered<D: Document>(
        &self,
        statement: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<Vec<D>, StateError> {
        let mut statement = self.connection.prepare_cached(statement)?;
        let mut rows = statement.query(parameters)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((
                row.get::<_, i64>(0)?,
                parse(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?,
            ));
        }
        // Sorted here, and not with all their text by the database.
        found.sort_unstable_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, document)| document).collect())
    }

    /// Returns the documents of a kind that were made first, at most so many.
    pub fn oldest<D: Document>(&self, place: &Place, limit: usize) -> Result<Vec<D>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT body FROM document WHERE account = ?1 AND region = ?2 AND kind = ?3
             ORDER BY number LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let bodies = statement
            .query_map(params![place.account, place.region, D::KIND, limit], |row| {
                row.get::<_, String>(0)
            })?;
        bodies.map(|body| parse(&body?)).collect()
    }

    /// Returns a document by an id that is unique over all places (access keys), with its place.
    pub fn find<D: Document>(&self, id: &str) -> Result<Option<(Place, D)>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT account, region, body FROM document WHERE kind = ?1 AND id = ?2",
        )?;
        let found = statement
            .query_row(params![D::KIND, id], |row| {
                Ok((Place { account: row.get(0)?, region: row.get(1)? }, row.get::<_, String>(2)?))
            })
            .optional()?;
        found.map(|(place, body)| Ok((place, parse(&body)?))).transpose()
    }

    /// Returns every place that has a document of this kind.
    pub fn places<D: Document>(&self) -> Result<Vec<Place>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT DISTINCT account, region FROM document WHERE kind = ?1 ORDER BY 1, 2",
        )?;
        let places = statement.query_map(params![D::KIND], |row| {
            Ok(Place { account: row.get(0)?, region: row.get(1)? })
        })?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    /// Stores a document, new or changed. `now` (Unix milliseconds) is for the history.
    pub fn put<D: Document>(
        &self,
        place: &Place,
        document: &D,
        now: i64,
    ) -> Result<(), StateError> {
        let body = serde_json::to_string(document)
            .map_err(|source| StateError::Document { kind: D::KIND, source })?;
        self.put_text(place, D::KIND, document.id(), &body)?;
        if D::HISTORY {
            self.remember(place, D::KIND, document.id(), Some(&body), now)?;
        }
        Ok(())
    }

    /// Deletes a document; says whether there was one.
    pub fn delete<D: Document>(
        &self,
        place: &Place,
        id: &str,
        now: i64,
    ) -> Result<bool, StateError> {
        let mut statement = self.connection.prepare_cached(
            "DELETE FROM document WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4",
        )?;
        let deleted = statement.execute(params![place.account, place.region, D::KIND, id])? > 0;
        if deleted {
            self.changed.set(true);
            if D::HISTORY {
                self.remember(place, D::KIND, id, None, now)?;
            }
        }
        Ok(deleted)
    }

    /// Keeps the text behind a rule revision, so that it can be resolved later.
    pub fn keep_revision(&self, revision: &str, text: &str) -> Result<(), StateError> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO revision (revision, text) VALUES (?1, ?2)")?
            .execute(params![revision, text])?;
        Ok(())
    }

    /// Whether the text behind a rule revision is kept.
    pub fn has_revision(&self, revision: &str) -> Result<bool, StateError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM revision WHERE revision = ?1")?
            .exists(params![revision])?)
    }

    /// Returns digest and answer of the request that used a client token.
    pub fn idempotent_answer(
        &self,
        place: &Place,
        action: &str,
        token: &str,
    ) -> Result<Option<(String, String)>, StateError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT request, answer FROM idempotency
             WHERE account = ?1 AND region = ?2 AND action = ?3 AND token = ?4",
        )?;
        Ok(statement
            .query_row(params![place.account, place.region, action, token], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?)
    }

    /// Keeps the answer to a request with a client token.
    pub fn keep_answer(
        &self,
        place: &Place,
        action: &str,
        token: &str,
        request: &str,
        answer: &str,
    ) -> Result<(), StateError> {
        self.connection
            .prepare_cached(
                "INSERT INTO idempotency (account, region, action, token, request, answer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![place.account, place.region, action, token, request, answer])?;
        Ok(())
    }

    fn put_text(&self, place: &Place, kind: &str, id: &str, body: &str) -> Result<(), StateError> {
        self.changed.set(true);
        let updated = self
            .connection
            .prepare_cached(
                "UPDATE document SET body = ?5
                 WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4",
            )?
            .execute(params![place.account, place.region, kind, id, body])?;
        if updated == 0 {
            let number: i64 = self
                .connection
                .prepare_cached("UPDATE numbers SET next = next + 1 RETURNING next")?
                .query_row([], |row| row.get(0))?;
            self.connection
                .prepare_cached(
                    "INSERT INTO document (account, region, kind, id, number, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![place.account, place.region, kind, id, number, body])?;
        }
        Ok(())
    }

    fn remember(
        &self,
        place: &Place,
        kind: &str,
        id: &str,
        body: Option<&str>,
        now: i64,
    ) -> Result<(), StateError> {
        self.connection
            .prepare_cached(
                "INSERT INTO history (at, account, region, kind, id, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![now, place.account, place.region, kind, id, body])?;
        Ok(())
    }
}

/// The condition as the indexes of members have it: with kind and member written down.
fn having<D: Document>(member: &'static str) -> String {
    let kind = D::KIND;
    format!(
        "account = ?1 AND region = ?2 AND kind = '{kind}' AND json_extract(body, '$.{member}') = ?3"
    )
}

fn parse<D: Document>(body: &str) -> Result<D, StateError> {
    serde_json::from_str(body).map_err(|source| StateError::Document { kind: D::KIND, source })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Interface;
    use crate::state::State;

    fn interface(id: &str, subnet: &str, mac: &str) -> Interface {
        Interface {
            id: id.to_owned(),
            subnet_id: subnet.to_owned(),
            vpc_id: "vpc-1".to_owned(),
            description: String::new(),
            private_addresses: Vec::new(),
            ipv6_addresses: Vec::new(),
            groups: Vec::new(),
            mac_address: mac.to_owned(),
            source_dest_check: true,
            attachment: None,
            tcp_established_timeout: None,
            udp_stream_timeout: None,
            udp_timeout: None,
            tags: BTreeMap::default(),
        }
    }

    #[test]
    fn documents_are_found_by_a_member_in_the_order_of_their_making() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let (here, there) = (Place::regional("1", "a"), Place::regional("1", "b"));
        state
            .write(|txn| {
                txn.put(&here, &interface("eni-9", "subnet-1", "06:1"), 0)?;
                txn.put(&here, &interface("eni-5", "subnet-2", "06:2"), 0)?;
                txn.put(&here, &interface("eni-1", "subnet-1", "06:3"), 0)?;
                txn.put(&there, &interface("eni-7", "subnet-1", "06:4"), 0)?;
                // Changed, and where it was made all the same.
                txn.put(&here, &interface("eni-9", "subnet-1", "06:5"), 0)
            })
            .unwrap();

        let read = |subnet: &str| -> Vec<String> {
            let found = state.read(|txn| txn.list_by::<Interface>(&here, "subnet_id", subnet));
            found.unwrap().into_iter().map(|it| it.id).collect()
        };
        assert_eq!(read("subnet-1"), ["eni-9", "eni-1"]);
        assert_eq!(read("subnet-3"), Vec::<String>::new());
        let all = state.read(|txn| txn.list::<Interface>(&here)).unwrap();
        assert_eq!(
            all.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            ["eni-9", "eni-5", "eni-1"]
        );
        assert_eq!(state.read(|txn| txn.count::<Interface>(&here)).unwrap(), 3);
        let has = |mac: &str| state.read(|txn| txn.has_by::<Interface>(&here, "mac_address", mac));
        assert!(has("06:5").unwrap() && !has("06:1").unwrap() && !has("06:4").unwrap());
    }

    #[test]
    fn what_is_looked_for_at_every_making_has_an_index() {
        let directory = tempfile::tempdir().unwrap();
        drop(State::open(directory.path()).unwrap());
        let connection = Connection::open(directory.path().join("state.db")).unwrap();

        for (member, index) in
            [("subnet_id", "interface_by_subnet"), ("mac_address", "interface_by_mac")]
        {
            let statement = format!(
                "EXPLAIN QUERY PLAN SELECT number, body FROM document WHERE {}",
                having::<Interface>(member)
            );
            let plan: String =
                connection.query_row(&statement, ["1", "a", "x"], |row| row.get(3)).unwrap();
            assert!(plan.contains(index), "{plan}");
        }
    }
}
