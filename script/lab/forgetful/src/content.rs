//! What is in a file: as programs see it, and as it is on the disk.

use std::collections::BTreeSet;
use std::sync::Arc;

/// What is written whole or not at all.
pub const PAGE: usize = 4096;

/// Bytes in pages, which copies share. A page that is not there is full of zeros.
#[derive(Clone, Default)]
struct Pages {
    pages: Vec<Option<Arc<[u8; PAGE]>>>,
    size: usize,
}

impl Pages {
    fn page(&self, number: usize) -> Option<&Arc<[u8; PAGE]>> {
        self.pages.get(number)?.as_ref()
    }

    fn set(&mut self, number: usize, page: Option<Arc<[u8; PAGE]>>) {
        if number >= self.pages.len() {
            self.pages.resize(number + 1, None);
        }
        self.pages[number] = page;
    }

    /// What is past the end is gone, and would be zeros if the file grew again.
    fn resize(&mut self, size: usize) {
        self.size = size;
        self.pages.truncate(size.div_ceil(PAGE));
        let inside = size % PAGE;
        if inside > 0
            && let Some(Some(last)) = self.pages.get_mut(size / PAGE)
        {
            Arc::make_mut(last)[inside..].fill(0);
        }
    }
}

/// A file's bytes.
#[derive(Clone, Default)]
pub struct Content {
    /// What programs read.
    seen: Pages,
    /// What is on the disk for certain.
    synced: Pages,
    /// Pages that were changed since, and that the next sync writes.
    dirty: BTreeSet<usize>,
}

impl Content {
    pub fn size(&self) -> usize {
        self.seen.size
    }

    pub fn read(&self, offset: usize, length: usize) -> Vec<u8> {
        let end = self.seen.size.min(offset.saturating_add(length));
        let mut bytes = Vec::with_capacity(end.saturating_sub(offset));
        let mut at = offset;
        while at < end {
            let inside = at % PAGE;
            let some = (PAGE - inside).min(end - at);
            match self.seen.page(at / PAGE) {
                Some(page) => bytes.extend_from_slice(&page[inside..inside + some]),
                None => bytes.resize(bytes.len() + some, 0),
            }
            at += some;
        }
        bytes
    }

    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let at = offset + done;
            let inside = at % PAGE;
            let some = (PAGE - inside).min(bytes.len() - done);
            let mut page = self.seen.page(at / PAGE).cloned().unwrap_or_else(|| Arc::new([0; PAGE]));
            Arc::make_mut(&mut page)[inside..inside + some].copy_from_slice(&bytes[done..done + some]);
            self.seen.set(at / PAGE, Some(page));
            self.dirty.insert(at / PAGE);
            done += some;
        }
        self.seen.size = self.seen.size.max(offset + bytes.len());
    }

    pub fn resize(&mut self, size: usize) {
        let (least, most) = (self.seen.size.min(size), self.seen.size.max(size));
        self.dirty.extend(least / PAGE..most.div_ceil(PAGE));
        self.seen.resize(size);
    }

    /// Brings all to the disk.
    pub fn sync(&mut self) {
        for number in std::mem::take(&mut self.dirty) {
            self.synced.set(number, self.seen.page(number).cloned());
        }
        self.synced.resize(self.seen.size);
    }

    /// As Linux does: some pages reached the disk and some did not, all of them are still read as they were written, and
    /// no later sync tries again. Only who writes a page again has it written.
    pub fn fail_to_sync(&mut self, chance: &mut fastrand::Rng) {
        let size = self.synced.size;
        for number in std::mem::take(&mut self.dirty) {
            if chance.bool() {
                self.synced.set(number, self.seen.page(number).cloned());
            }
        }
        self.synced.resize(size);
    }

    /// What is left when the power is cut: each page that was not synced is there with the probability `kept`, and the
    /// new length too. Gives how many pages are lost.
    pub fn cut(&mut self, kept: f64, chance: &mut fastrand::Rng) -> usize {
        let size = if chance.f64() < kept { self.seen.size } else { self.synced.size };
        let mut lost = 0;
        for number in std::mem::take(&mut self.dirty) {
            if number * PAGE < size && chance.f64() < kept {
                self.synced.set(number, self.seen.page(number).cloned());
            } else {
                lost += 1;
            }
        }
        self.synced.resize(size);
        self.seen = self.synced.clone();
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &Content) -> Vec<u8> {
        content.read(0, content.size())
    }

    #[test]
    fn what_was_synced_is_kept_and_what_was_not_is_lost() {
        let (mut content, mut chance) = (Content::default(), fastrand::Rng::with_seed(1));
        content.write(0, &[1; 3 * PAGE]);
        content.sync();
        content.write(PAGE, &[2; PAGE]);
        content.write(3 * PAGE, b"more");
        assert_eq!(content.cut(0.0, &mut chance), 2);
        assert_eq!(text(&content), vec![1; 3 * PAGE]);
    }

    #[test]
    fn what_was_not_synced_may_be_there_by_the_page() {
        let (mut content, mut chance) = (Content::default(), fastrand::Rng::with_seed(1));
        content.write(0, &vec![1; 64 * PAGE]);
        content.sync();
        content.write(0, &vec![2; 64 * PAGE]);
        let lost = content.cut(0.5, &mut chance);
        let old = text(&content).chunks(PAGE).filter(|page| page[0] == 1).count();
        assert!(old == lost && (10..54).contains(&lost), "{lost} lost, {old} old");
    }

    #[test]
    fn a_shorter_file_that_was_synced_stays_short_and_grows_by_zeros() {
        let (mut content, mut chance) = (Content::default(), fastrand::Rng::with_seed(1));
        content.write(0, &[1; 2 * PAGE]);
        content.sync();
        content.resize(10);
        content.resize(PAGE + 1);
        content.sync();
        content.cut(0.0, &mut chance);
        assert_eq!(text(&content), [vec![1; 10], vec![0; PAGE - 9]].concat());
    }

    #[test]
    fn a_sync_that_succeeds_after_one_that_failed_does_not_bring_back_what_was_lost() {
        let (mut content, mut chance) = (Content::default(), fastrand::Rng::with_seed(1));
        content.write(0, &vec![1; 64 * PAGE]);
        content.sync();
        content.write(0, &vec![2; 64 * PAGE]);
        content.fail_to_sync(&mut chance);
        assert_eq!(text(&content), vec![2; 64 * PAGE], "it is read as it was written");
        content.sync();
        assert_eq!(content.cut(1.0, &mut chance), 0, "nothing is waiting to be written");
        assert!(text(&content).contains(&1), "and still it is not all on the disk");
    }
}
