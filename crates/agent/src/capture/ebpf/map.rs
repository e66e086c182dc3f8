//! A map with keys and values of one kind each.

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use zerocopy::IntoBytes;

use super::layout::Plain;
use super::sys;

/// Entries that are read together at first.
const PAGE: usize = 4096;

/// A map of the kernel's.
#[derive(Debug)]
pub(super) struct Map<K, V> {
    fd: OwnedFd,
    kinds: PhantomData<fn(K) -> V>,
}

impl<K: Plain, V: Plain> Map<K, V> {
    /// Takes a map over. Its sizes have to be those of the kinds.
    pub(super) const fn new(fd: OwnedFd) -> Self {
        Self { fd, kinds: PhantomData }
    }

    /// Makes one (`sys::kind`).
    pub(super) fn create(kind: u32, entries: u32, flags: u32, name: &str) -> io::Result<Self> {
        sys::create(kind, size_of::<K>(), size_of::<V>(), entries, flags, name).map(Self::new)
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &K) -> io::Result<Option<V>> {
        let mut value = V::new_zeroed();
        let found = sys::lookup(self.fd.as_fd(), key.as_bytes(), value.as_mut_bytes())?;
        Ok(found.then_some(value))
    }

    /// Sets the value of a key.
    pub(super) fn set(&self, key: &K, value: &V) -> io::Result<()> {
        sys::update(self.fd.as_fd(), key.as_bytes(), value.as_bytes())
    }

    /// Removes a key; false where there is none.
    pub(super) fn remove(&self, key: &K) -> io::Result<bool> {
        sys::delete(self.fd.as_fd(), key.as_bytes())
    }

    /// Sets the values of many keys.
    pub(super) fn set_all(&self, keys: &[K], values: &[V]) -> io::Result<()> {
        let count = keys.len().min(values.len());
        if count == 0 {
            return Ok(());
        }
        sys::update_batch(self.fd.as_fd(), keys.as_bytes(), values.as_bytes(), count)
    }

    /// Removes many keys, those that are not there too.
    pub(super) fn remove_all(&self, keys: &[K]) -> io::Result<()> {
        let mut rest = keys;
        while !rest.is_empty() {
            let removed = sys::delete_batch(self.fd.as_fd(), rest.as_bytes(), rest.len())?;
            // It stopped at a key that is not there.
            rest = rest.get(removed + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Hands over all entries, page by page. Nothing may write to the map meanwhile.
    pub(super) fn read(&self, mut page: impl FnMut(&[K], &[V])) -> io::Result<()> {
        let mut size = PAGE;
        let mut position = None;
        let (mut keys, mut values) = (zeroed::<K>(size), zeroed::<V>(size));
        loop {
            let read = sys::lookup_batch(
                self.fd.as_fd(),
                &mut position,
                keys.as_mut_bytes(),
                values.as_mut_bytes(),
                size,
            );
            match read {
                Ok(read) => {
                    let keys = keys.get(..read.count).unwrap_or_default();
                    let values = values.get(..read.count).unwrap_or_default();
                    page(keys, values);
                    if read.is_last {
                        return Ok(());
                    }
                }
                // A bucket that holds more than a page.
                Err(error) if error.raw_os_error() == Some(libc::ENOSPC) => {
                    size *= 2;
                    (keys, values) = (zeroed(size), zeroed(size));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<V: Plain> Map<u32, V> {
    /// Returns the values of every CPU.
    pub(super) fn of_cpus(&self, key: u32, cpus: usize) -> io::Result<Vec<V>> {
        let mut values = zeroed::<V>(cpus);
        let found = sys::lookup(self.fd.as_fd(), key.as_bytes(), values.as_mut_bytes())?;
        Ok(if found { values } else { Vec::new() })
    }

    /// Sets the values of every CPU to 0.
    pub(super) fn clear_cpus(&self, key: u32, cpus: usize) -> io::Result<()> {
        sys::update(self.fd.as_fd(), key.as_bytes(), zeroed::<V>(cpus).as_bytes())
    }

    /// Puts a map into this table of maps. Returns when no program uses the one before any more.
    pub(super) fn put(&self, key: u32, map: &impl AsFd) -> io::Result<()> {
        sys::update(self.fd.as_fd(), key.as_bytes(), &sys::as_value(map))
    }

    /// Puts many maps into this table of maps. Returns when no program uses those before any more.
    pub(super) fn put_all(&self, keys: &[u32], maps: &[impl AsFd]) -> io::Result<()> {
        let values: Vec<u8> = maps.iter().flat_map(sys::as_value).collect();
        if keys.is_empty() {
            return Ok(());
        }
        sys::update_batch(self.fd.as_fd(), keys.as_bytes(), &values, keys.len().min(maps.len()))
    }
}

impl<K, V> AsFd for Map<K, V> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn zeroed<T: Plain>(count: usize) -> Vec<T> {
    vec![T::new_zeroed(); count]
}
