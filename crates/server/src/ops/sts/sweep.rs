//! Sessions that are over are deleted as new ones are made.

use crate::call::Call;
use crate::state::{Document, Place, StateError};

/// Old sessions that are looked at when one is made. More than one, so that they cannot pile up.
const SWEPT: usize = 32;

/// Deletes some of the oldest sessions of a kind that are over.
pub(super) fn sweep<D: Document>(
    call: &Call<'_>,
    place: &Place,
    expires: impl Fn(&D) -> i64,
) -> Result<(), StateError> {
    for old in call.txn.oldest::<D>(place, SWEPT)? {
        if expires(&old) <= call.now() / 1000 {
            call.txn.delete::<D>(place, old.id(), call.now())?;
        }
    }
    Ok(())
}
