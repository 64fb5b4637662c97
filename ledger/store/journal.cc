#include "ledger/store/journal.h"

#include <openssl/rand.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/crc32c.h"
#include "ledger/base/hasher.h"
#include "ledger/base/planted.h"
#include "ledger/store/files.h"

namespace bursar {
namespace {

constexpr absl::string_view kMagic = "BursarJ1";
constexpr size_t kIdSize = 32;
constexpr size_t kHashSize = std::tuple_size<BlockHash>::value;
constexpr size_t kHeaderChecked = kSegmentHeaderSize - kBigEndianSize;

std::string FreshMark() {
  std::string mark(kMarkSize, '\0');
  BURSAR_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(mark.data()), static_cast<int>(mark.size())) == 1);
  return mark;
}

}  // namespace

std::string SegmentName(uint64_t number) { return absl::StrFormat("%010d.journal", number); }

std::optional<uint64_t> SegmentNumber(absl::string_view name) {
  uint64_t number = 0;
  if (!absl::ConsumeSuffix(&name, ".journal") || !absl::SimpleAtoi(name, &number)) return std::nullopt;
  return number;
}

// Magic, id, number, mark, checksum.
std::string Written(const SegmentHeader& header) {
  std::string bytes = absl::StrCat(kMagic, header.store_id, BigEndian(header.number), header.mark);
  bytes += BigEndian(Crc32c(bytes));
  BURSAR_CHECK(bytes.size() == kSegmentHeaderSize);
  return bytes;
}

std::optional<SegmentHeader> ReadSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderSize ||
      FromBigEndian(bytes.substr(kHeaderChecked)) != Crc32c(bytes.substr(0, kHeaderChecked)) ||
      !absl::ConsumePrefix(&bytes, kMagic)) {
    return std::nullopt;
  }
  SegmentHeader header;
  header.store_id = std::string(bytes.substr(0, kIdSize));
  bytes.remove_prefix(kIdSize);
  header.number = TakeBigEndian(bytes);
  header.mark = std::string(bytes.substr(0, kMarkSize));
  return header;
}

// Mark, checksum of what follows, size of the bytes, first, last, hash, bytes.
std::string RecordOf(const StoredBlock& block, absl::string_view mark) {
  std::string checked;
  checked.reserve(kRecordHeaderSize + block.bytes.size());
  for (const uint64_t number : {uint64_t{block.bytes.size()}, block.first, block.last}) checked += BigEndian(number);
  absl::StrAppend(&checked, BytesOf(block.hash));
  checked += block.bytes;
  return absl::StrCat(mark, BigEndian(Crc32c(checked)), checked);
}

std::optional<StoredBlock> ReadRecord(absl::string_view bytes, absl::string_view mark) {
  if (bytes.size() < kRecordHeaderSize || !absl::ConsumePrefix(&bytes, mark)) return std::nullopt;
  const uint64_t checksum = TakeBigEndian(bytes);
  const uint64_t size = FromBigEndian(bytes);
  constexpr size_t kRest = kRecordHeaderSize - kMarkSize - kBigEndianSize;
  if (size > bytes.size() - kRest) return std::nullopt;
  if (checksum != Crc32c(bytes.substr(0, kRest + size)) && !BURSAR_PLANTED(journal_unchecked)) return std::nullopt;
  bytes.remove_prefix(kBigEndianSize);
  StoredBlock block;
  block.first = TakeBigEndian(bytes);
  block.last = TakeBigEndian(bytes);
  std::copy_n(bytes.begin(), kHashSize, reinterpret_cast<char*>(block.hash.data()));
  block.bytes = std::string(bytes.substr(kHashSize, size));
  return block;
}

Journal::Journal(Options options) : options_(std::move(options)), next_segment_(options_.next_segment) {}

Journal::~Journal() {
  if (file_ != nullptr) file_->Close(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
}

absl::Status Journal::Append(const StoredBlock& block) {
  if (absl::Status written = Write(block); !written.ok()) return written;
  return BURSAR_PLANTED(journal_without_sync) ? absl::OkStatus() : Sync();
}

absl::Status Journal::Write(const StoredBlock& block) {
  if (file_ == nullptr || size_ >= options_.segment_bytes) {
    if (absl::Status begun = BeginSegment(); !begun.ok()) return begun;
  }
  const std::string record = RecordOf(block, mark_);
  size_ += record.size();
  return Told(file_->Append(record, rocksdb::IOOptions(), nullptr), "written", path_);
}

absl::Status Journal::Sync() {
  if (file_ == nullptr) return absl::OkStatus();
  if (absl::Status synced = Told(file_->Sync(rocksdb::IOOptions(), nullptr), "synced", path_); !synced.ok()) {
    return synced;
  }
  return std::exchange(fresh_, false) ? SyncFolder(*options_.files, options_.folder) : absl::OkStatus();
}

absl::Status Journal::BeginSegment() {
  if (file_ != nullptr) {
    if (absl::Status synced = Sync(); !synced.ok()) return synced;
    const absl::Status closed = Told(file_->Close(rocksdb::IOOptions(), nullptr), "closed", path_);
    file_ = nullptr;
    if (!closed.ok()) return closed;
  }
  const SegmentHeader header{.store_id = options_.store_id, .number = next_segment_++, .mark = FreshMark()};
  mark_ = header.mark;
  path_ = absl::StrCat(options_.folder, "/", SegmentName(header.number));
  rocksdb::IOStatus status = options_.files->NewWritableFile(path_, rocksdb::FileOptions(), &file_, nullptr);
  const std::string bytes = Written(header);
  if (status.ok()) status = file_->Append(bytes, rocksdb::IOOptions(), nullptr);
  size_ = bytes.size();
  fresh_ = !BURSAR_PLANTED(journal_segment_not_named);
  return Told(status, "written", path_);
}

}  // namespace bursar
