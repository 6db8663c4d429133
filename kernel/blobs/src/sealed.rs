//! Logs that are over: compressed, and still readable from any byte at the cost of a few hundred kilobytes.
//!
//! The file is in zstd's seekable format: frames that each hold 256 kB and need no other, and at the end a table of their sizes in a
//! frame that decoders skip, so that `zstd -d` reads it too. Its name ends in `.zst`; a name without is a log that was kept as it is,
//! which is how they were kept once. What a file is, its name says and never its bytes: those are whatever a job printed.

use crate::{Blobs, Upload, failed};
use base::{Error, Result};
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// What the names of compressed files end in.
pub(crate) const SUFFIX: &str = ".zst";

/// Bytes in one frame, before they are compressed.
const FRAME_BYTES: usize = 262_144;
/// The most that one read answers.
const READ_BYTES: usize = 4 * FRAME_BYTES;
/// What zstd calls its default: for logs the next levels take twice the time for a tenth of the room.
const LEVEL: i32 = 3;

/// How a frame begins that decoders skip, and how the table of one ends.
const SKIPPED: u32 = 0x184d_2a5e;
const TABLE_END: u32 = 0x8f92_eab1;
/// An entry of the table: the compressed size and the size of one frame.
const ENTRY_BYTES: usize = 8;
/// How many entries there are, what they consist of, and the mark.
const FOOTER_BYTES: usize = 9;

/// A log that is being sealed. Dropping it leaves nothing.
pub struct Sealer {
    upload: Upload,
    waiting: Vec<u8>,
    frames: Vec<Frame>,
}

/// The sizes of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    packed: u32,
    plain: u32,
}

impl Sealer {
    /// Begins.
    pub async fn begin(blobs: &Blobs) -> Result<Self> {
        Ok(Self { upload: blobs.begin(u64::MAX).await?, waiting: Vec::new(), frames: Vec::new() })
    }

    /// Takes the next bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(bytes);
        let whole = self.waiting.len() / FRAME_BYTES * FRAME_BYTES;
        if whole == 0 {
            return Ok(());
        }
        let rest = self.waiting.split_off(whole);
        let full = std::mem::replace(&mut self.waiting, rest);
        self.pack(full).await
    }

    /// Makes the file durable and returns its name.
    pub async fn finish(mut self) -> Result<String> {
        let rest = std::mem::take(&mut self.waiting);
        self.pack(rest).await?;
        self.upload.write(&table(&self.frames)?).await?;
        Ok(self.upload.finish_as(SUFFIX).await?.hash)
    }

    async fn pack(&mut self, plain: Vec<u8>) -> Result<()> {
        // Compressing takes milliseconds for each frame: not on the threads that answer.
        let packed = tokio::task::spawn_blocking(move || pack(&plain)).await;
        let packed = packed.map_err(|error| cannot(&error.to_string()))??;
        for (frame, bytes) in packed {
            self.upload.write(&bytes).await?;
            self.frames.push(frame);
        }
        Ok(())
    }
}

fn cannot(why: &str) -> Error {
    Error::bug("blob.sealing", format!("a log could not be compressed: {why}"))
}

fn broken(why: impl std::fmt::Display) -> Error {
    Error::bug("blob.unreadable", "a kept file could not be read").while_doing(why.to_string())
}

fn pack(plain: &[u8]) -> Result<Vec<(Frame, Vec<u8>)>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(|error| cannot(&error.to_string()))?;
    let one = |bytes: &[u8]| {
        let packed = compressor.compress(bytes).map_err(|error| cannot(&error.to_string()))?;
        Ok((Frame { packed: size(packed.len())?, plain: size(bytes.len())? }, packed))
    };
    plain.chunks(FRAME_BYTES).map(one).collect()
}

fn size(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| cannot("it is too long"))
}

/// The table of the frames, in a frame that decoders skip.
fn table(frames: &[Frame]) -> Result<Vec<u8>> {
    let mut table = Vec::with_capacity(8 + frames.len() * ENTRY_BYTES + FOOTER_BYTES);
    table.extend(SKIPPED.to_le_bytes());
    table.extend(size(frames.len() * ENTRY_BYTES + FOOTER_BYTES)?.to_le_bytes());
    for frame in frames {
        table.extend(frame.packed.to_le_bytes());
        table.extend(frame.plain.to_le_bytes());
    }
    table.extend(size(frames.len())?.to_le_bytes());
    // No checksums: the whole file is named by its own.
    table.push(0);
    table.extend(TABLE_END.to_le_bytes());
    Ok(table)
}

/// Some bytes of a log from `from` on, at most `most` and never more than a megabyte; none at its end.
pub async fn read(blobs: &Blobs, name: &str, from: i64, most: usize) -> Result<Vec<u8>> {
    let mut file = blobs.file(name).await?;
    let (from, most) = (u64::try_from(from).unwrap_or(0), most.min(READ_BYTES));
    if !name.ends_with(SUFFIX) {
        let mut bytes = Vec::new();
        file.seek(std::io::SeekFrom::Start(from)).await.map_err(broken)?;
        file.take(most as u64).read_to_end(&mut bytes).await.map_err(broken)?;
        return Ok(bytes);
    }
    let wanted = Wanted::find(&frames(&mut file).await?, from, most);
    let mut packed = vec![0; wanted.packed()];
    file.seek(std::io::SeekFrom::Start(wanted.at)).await.map_err(broken)?;
    file.read_exact(&mut packed).await.map_err(broken)?;
    let unpacked = tokio::task::spawn_blocking(move || wanted.unpack(&packed, most)).await;
    unpacked.map_err(broken)?
}

/// Reads the table at the end of a file.
async fn frames(file: &mut File) -> Result<Vec<Frame>> {
    let length = file.metadata().await.map_err(broken)?.len();
    // Most tables are shorter than this, and are read at once.
    let mut tail = read_tail(file, length, 4_096).await?;
    let count = match tail.last_chunk::<FOOTER_BYTES>() {
        Some([a, b, c, d, 0, mark @ ..]) if u32::from_le_bytes(*mark) == TABLE_END => {
            u32::from_le_bytes([*a, *b, *c, *d]) as usize
        }
        _ => return Err(broken("its table is not there")),
    };
    let needed = count * ENTRY_BYTES + FOOTER_BYTES;
    if needed > tail.len() {
        tail = read_tail(file, length, needed as u64).await?;
    }
    let first = tail.len().checked_sub(needed).ok_or_else(|| broken("its table is cut off"))?;
    let (entries, _) = tail[first..tail.len() - FOOTER_BYTES].as_chunks::<ENTRY_BYTES>();
    let entry = |[a, b, c, d, e, f, g, h]: &[u8; ENTRY_BYTES]| Frame {
        packed: u32::from_le_bytes([*a, *b, *c, *d]),
        plain: u32::from_le_bytes([*e, *f, *g, *h]),
    };
    let frames: Vec<Frame> = entries.iter().map(entry).collect();
    // What a damaged file says must not decide how much memory is taken.
    let is_ours =
        |frame: &Frame| frame.plain as usize <= FRAME_BYTES && frame.packed as usize <= 2 * FRAME_BYTES;
    if frames.iter().all(is_ours) { Ok(frames) } else { Err(broken("its table cannot be right")) }
}

async fn read_tail(file: &mut File, length: u64, most: u64) -> Result<Vec<u8>> {
    let size = length.min(most);
    let mut tail = Vec::new();
    file.seek(std::io::SeekFrom::Start(length - size)).await.map_err(broken)?;
    file.take(size).read_to_end(&mut tail).await.map_err(broken)?;
    Ok(tail)
}

/// The frames that hold what is wanted.
struct Wanted {
    /// Where the first of them begins in the file.
    at: u64,
    frames: Vec<Frame>,
    /// What of the first is not wanted.
    skip: usize,
}

impl Wanted {
    fn find(all: &[Frame], from: u64, most: usize) -> Self {
        let (mut at, mut begins, mut first) = (0, 0, 0);
        for frame in all {
            if begins + u64::from(frame.plain) > from {
                break;
            }
            at += u64::from(frame.packed);
            begins += u64::from(frame.plain);
            first += 1;
        }
        let until = from + most as u64;
        let mut ends = begins;
        let is_wanted = |frame: &&Frame| {
            let is_wanted = ends < until;
            ends += u64::from(frame.plain);
            is_wanted
        };
        let frames = all[first..].iter().take_while(is_wanted).copied().collect();
        Self { at, frames, skip: usize::try_from(from - begins).unwrap_or(usize::MAX) }
    }

    fn packed(&self) -> usize {
        self.frames.iter().map(|frame| frame.packed as usize).sum()
    }

    fn unpack(&self, packed: &[u8], most: usize) -> Result<Vec<u8>> {
        let mut decompressor = zstd::bulk::Decompressor::new().map_err(broken)?;
        let (mut bytes, mut rest) = (Vec::new(), packed);
        for frame in &self.frames {
            let (one, others) = rest.split_at(frame.packed as usize);
            bytes.extend(decompressor.decompress(one, frame.plain as usize).map_err(broken)?);
            rest = others;
        }
        bytes.drain(..self.skip.min(bytes.len()));
        bytes.truncate(most);
        Ok(bytes)
    }
}

/// How many bytes a kept log takes on the disk.
pub async fn size_on_disk(blobs: &Blobs, name: &str) -> Result<u64> {
    let path = blobs.path(name)?;
    let found = tokio::fs::metadata(&path).await.map_err(|error| failed(Path::new(&path), error))?;
    Ok(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened() -> (Blobs, std::path::PathBuf) {
        let folder = std::env::temp_dir().join(format!("signalbox-sealed-{}", base::random::word::<16>()));
        (Blobs::open(&folder).await.expect("a folder"), folder)
    }

    async fn sealed(blobs: &Blobs, pieces: &[&[u8]]) -> String {
        let mut sealer = Sealer::begin(blobs).await.expect("begun");
        for piece in pieces {
            sealer.write(piece).await.expect("written");
        }
        sealer.finish().await.expect("sealed")
    }

    fn lines(count: usize) -> Vec<u8> {
        (0..count).flat_map(|n| format!("line {n} of a log\n").into_bytes()).collect()
    }

    #[tokio::test]
    async fn a_log_is_small_and_reads_the_same_from_every_byte() {
        let (blobs, folder) = opened().await;
        let whole = lines(100_000);
        let name = sealed(&blobs, &[&whole[..100], &whole[100..1_000_000], &whole[1_000_000..]]).await;
        let kept = size_on_disk(&blobs, &name).await.expect("there");
        assert!(kept * 5 < whole.len() as u64, "{kept} bytes of {}", whole.len());
        let frame = FRAME_BYTES as i64;
        let length = whole.len() as i64;
        for from in [0, 1, frame - 1, frame, frame + 1, 3 * frame - 5, length - 1, length, length + 10] {
            for most in [1, 7, FRAME_BYTES, 2 * FRAME_BYTES + 1, READ_BYTES] {
                let start = usize::try_from(from).expect("positive").min(whole.len());
                let expected = &whole[start..(start + most).min(whole.len())];
                let found = read(&blobs, &name, from, most).await.expect("read");
                assert!(found == expected, "{} bytes from {from}, {most} wanted", found.len());
            }
        }
        let bounded = read(&blobs, &name, 0, usize::MAX).await.expect("read");
        assert_eq!(bounded, &whole[..READ_BYTES], "one read stays small");
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn any_decoder_reads_the_file() {
        let (blobs, folder) = opened().await;
        let whole = lines(40_000);
        let name = sealed(&blobs, &[&whole]).await;
        let file = blobs.read(&name).await.expect("read");
        assert!(zstd::decode_all(&file[..]).expect("decoded") == whole);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn a_log_that_was_kept_as_it_is_stays_readable_even_when_it_looks_compressed() {
        let (blobs, folder) = opened().await;
        let name = sealed(&blobs, &[b"printed by a job"]).await;
        let printed = blobs.read(&name).await.expect("read");
        let old = blobs.put(&printed).await.expect("kept").hash;
        assert_eq!(read(&blobs, &old, 0, 10_000).await.expect("read"), printed);
        let again = sealed(&blobs, &[&printed]).await;
        assert_eq!(read(&blobs, &again, 0, 10_000).await.expect("read"), printed);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn what_cannot_be_compressed_and_what_is_empty_is_kept_too() {
        let (blobs, folder) = opened().await;
        let noise: Vec<u8> = (0..600_000).map(|_| base::random::below(256) as u8).collect();
        let name = sealed(&blobs, &[&noise]).await;
        assert_eq!(read(&blobs, &name, 300_000, 1_000).await.expect("read"), &noise[300_000..301_000]);
        let empty = sealed(&blobs, &[]).await;
        assert_eq!(read(&blobs, &empty, 0, 10).await.expect("read"), b"");
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn a_file_that_was_cut_off_is_told_and_breaks_nothing() {
        let (blobs, folder) = opened().await;
        let name = sealed(&blobs, &[&lines(40_000)]).await;
        let path = blobs.path(&name).expect("a path");
        let whole = std::fs::read(&path).expect("read");
        for length in [0, 5, 9, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).expect("written");
            assert!(read(&blobs, &name, 0, 10).await.is_err(), "{length} bytes are left");
        }
        let mut lies = whole.clone();
        let count = lies.len() - FOOTER_BYTES;
        lies[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        std::fs::write(&path, &lies).expect("written");
        assert!(read(&blobs, &name, 0, 10).await.is_err());
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
