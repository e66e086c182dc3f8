//! One batch, from the spool to its destination and its end.

use std::sync::Arc;

use super::failure::{Failure, Trouble};
use super::refusals::rejected;
use super::sender::Sender;
use super::wire::PutLogEventsAnswer;
use super::{Shared, lock};
use crate::crash;
use crate::spool::{Event, ReadError, Settlement, Taken};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The destination has the batch, without what it refused of it.
    Delivered {
        /// Events that it has.
        records: u64,
        /// Events that it will never have.
        refused: u64,
    },
    /// The destination will never have the batch.
    Refused {
        /// Its events.
        records: u64,
        /// What it answered.
        detail: String,
    },
    /// The batch is lost on disk.
    Lost,
    /// It is worth another attempt.
    Failed(Trouble, String),
}

/// Makes one attempt. When it returns, the batch is settled or back in its stream.
pub(super) async fn attempt(shared: Arc<Shared>, sender: Arc<Sender>, taken: Taken) -> Outcome {
    // Before the batch is read, so that this also bounds the memory.
    let Ok(_permit) = shared.permits.acquire().await else {
        return Outcome::Failed(Trouble::Unknown, "delivery has ended".to_owned());
    };
    let (spool, place) = (Arc::clone(&shared.spool), taken.clone());
    let read = tokio::task::spawn_blocking(move || spool.read(&place)).await;
    let events = match read {
        Ok(Ok(events)) => events,
        Ok(Err(ReadError::Damaged)) => {
            tracing::error!(queue = %taken.queue, number = taken.number, "a batch is damaged on disk");
            settle(&shared, &taken, Settlement::Unreadable).await;
            return Outcome::Lost;
        }
        Ok(Err(ReadError::Gone)) => {
            shared.spool.release(&taken);
            return Outcome::Lost;
        }
        Ok(Err(ReadError::Io(error))) => return give_back(&shared, &taken, &error),
        Err(error) => return give_back(&shared, &taken, &error),
    };
    match sender.send(&taken, &events).await {
        Ok(answer) => {
            let refused = count_rejected(&shared, &taken, &events, &answer);
            crash::point("sent");
            settle(&shared, &taken, Settlement::Delivered).await;
            crash::point("acknowledged");
            Outcome::Delivered { records: taken.records - refused, refused }
        }
        Err(Failure::Refused(code, detail)) => {
            lock(&shared.refusals).add_events(&taken, &events, &code);
            settle(&shared, &taken, Settlement::Refused).await;
            Outcome::Refused { records: taken.records, detail }
        }
        Err(Failure::Trouble(trouble, detail)) => {
            shared.spool.release(&taken);
            Outcome::Failed(trouble, detail)
        }
    }
}

fn give_back(shared: &Shared, taken: &Taken, problem: &dyn std::error::Error) -> Outcome {
    shared.spool.release(taken);
    Outcome::Failed(Trouble::Unknown, format!("cannot read the spool: {problem}"))
}

fn count_rejected(
    shared: &Shared,
    taken: &Taken,
    events: &[Event],
    answer: &PutLogEventsAnswer,
) -> u64 {
    let Some(info) = &answer.rejected_log_events_info else { return 0 };
    let mut refusals = lock(&shared.refusals);
    rejected(info, events.len())
        .into_iter()
        .map(|(reason, range)| {
            refusals.add_events(taken, events.get(range).unwrap_or_default(), reason)
        })
        .sum()
}

async fn settle(shared: &Shared, taken: &Taken, settlement: Settlement) {
    let (spool, batch) = (Arc::clone(&shared.spool), taken.clone());
    let settled = tokio::task::spawn_blocking(move || spool.settle(&batch, settlement)).await;
    let problem = match settled {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    // After a restart the batch is sent again, and the store knows its number.
    tracing::error!(queue = %taken.queue, number = taken.number, problem, "cannot write the spool's journal");
}
