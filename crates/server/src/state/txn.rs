//! One transaction on the state.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension as _, params};

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
        let mut statement = self.connection.prepare_cached(
            "SELECT body FROM document WHERE account = ?1 AND region = ?2 AND kind = ?3 ORDER BY number",
        )?;
        let bodies = statement.query_map(params![place.account, place.region, D::KIND], |row| {
            row.get::<_, String>(0)
        })?;
        bodies.map(|body| parse(&body?)).collect()
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

fn parse<D: Document>(body: &str) -> Result<D, StateError> {
    serde_json::from_str(body).map_err(|source| StateError::Document { kind: D::KIND, source })
}
