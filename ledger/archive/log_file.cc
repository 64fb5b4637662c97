#include "ledger/archive/log_file.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/archive/files.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/hasher.h"
#include "ledger/base/planted.h"

namespace bursar {
namespace {

constexpr absl::string_view kMagic("bursarlg", 8);
constexpr uint64_t kFormat = 1;
constexpr size_t kIdSize = 16;
constexpr size_t kHashSize = 32;
// Magic, format, store id, epoch; position, hash and time of what comes before.
constexpr size_t kHeaderSize = 8 + 8 + kIdSize + 8 + 8 + kHashSize + 8;
// First, last, hash, size. In the trailer: 0, position, hash, number of blocks.
constexpr size_t kHeadSize = 8 + 8 + kHashSize + 8;
constexpr size_t kTrailerSize = kHeadSize + kHashSize;

BlockHash HashIn(absl::string_view bytes) {
  BlockHash hash;
  std::memcpy(hash.data(), bytes.data(), kHashSize);
  return hash;
}

std::string IdBytes(const std::string& store_id) {
  return store_id.empty() ? std::string(kIdSize, '\0') : absl::HexStringToBytes(store_id);
}

std::string HeaderOf(const LogIdentity& identity, const LogStart& start) {
  const std::string id = IdBytes(identity.store_id);
  BURSAR_CHECK(id.size() == kIdSize);
  return absl::StrCat(kMagic, BigEndian(kFormat), id, BigEndian(identity.epoch), BigEndian(start.end.position),
                      BytesOf(start.end.hash), BigEndian(static_cast<uint64_t>(absl::ToUnixMicros(start.time))));
}

std::string HeadOf(Position first, const LogEnd& end, uint64_t number) {
  return absl::StrCat(BigEndian(first), BigEndian(end.position), BytesOf(end.hash), BigEndian(number));
}

absl::Status Damaged(const std::string& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path, " is damaged: ", what, "."));
}

// Takes a file apart, front to back.
class Parsing {
 public:
  explicit Parsing(ReadFile file) : file_(std::move(file)) {}

  absl::Status Header(LogIdentity& identity, LogStart& start) {
    const absl::StatusOr<std::string> header = file_.Next(kHeaderSize);
    if (!header.ok()) return header.status();
    const absl::string_view bytes = *header;
    if (bytes.substr(0, kMagic.size()) != kMagic) {
      return absl::DataLossError(absl::StrCat(file_.path(), " is no log of Bursar's, or its beginning is damaged."));
    }
    if (bytes.size() < kHeaderSize) return Damaged(file_.path(), "it ends early");
    if (const uint64_t format = FromBigEndian(bytes.substr(8)); format != kFormat) {
      return absl::FailedPreconditionError(absl::StrCat(file_.path(), " has format ", format,
                                                        ", which this version of Bursar does not know; it reads ",
                                                        kFormat, "."));
    }
    const std::string id(bytes.substr(16, kIdSize));
    identity.store_id = id == IdBytes("") ? "" : absl::BytesToHexString(id);
    identity.epoch = FromBigEndian(bytes.substr(32));
    start.end.position = FromBigEndian(bytes.substr(40));
    start.end.hash = HashIn(bytes.substr(48));
    start.time = absl::FromUnixMicros(static_cast<int64_t>(FromBigEndian(bytes.substr(48 + kHashSize))));
    end_ = start.end;
    digest_.Add(bytes);
    return absl::OkStatus();
  }

  // False at the trailer, which is checked.
  absl::StatusOr<bool> Next(StoredBlock& block) {
    const absl::StatusOr<std::string> head = file_.Next(kHeadSize);
    if (!head.ok()) return head.status();
    const absl::string_view bytes = *head;
    if (bytes.size() < kHeadSize) return Torn();
    digest_.Add(bytes);
    block.first = FromBigEndian(bytes);
    block.last = FromBigEndian(bytes.substr(8));
    block.hash = HashIn(bytes.substr(16));
    const uint64_t number = FromBigEndian(bytes.substr(16 + kHashSize));
    if (block.first == 0) return Trailer(block, number);
    if (block.first != end_.position + 1 || block.last < block.first) {
      return Damaged(file_.path(), absl::StrCat("no block begins at position ", end_.position + 1));
    }
    if (number > file_.size() - std::min(file_.at(), file_.size())) return Torn();
    absl::StatusOr<std::string> content = file_.Next(number);
    if (!content.ok()) return content.status();
    block.bytes = *std::move(content);
    end_ = {.position = block.last, .hash = block.hash};
    ++blocks_;
    return true;
  }

  LogFileSummary summary() const { return {.end = end_, .blocks = blocks_, .digest = found_}; }

 private:
  absl::Status Torn() const { return Damaged(file_.path(), absl::StrCat("it is torn after position ", end_.position)); }

  absl::StatusOr<bool> Trailer(const StoredBlock& end, uint64_t blocks) {
    found_ = digest_.Take();
    const absl::StatusOr<std::string> digest = file_.Next(kHashSize);
    if (!digest.ok()) return digest.status();
    if (digest->size() < kHashSize) return Torn();
    const bool fits = end.last == end_.position && end.hash == end_.hash && blocks == blocks_;
    const bool whole = HashIn(*digest) == found_ || BURSAR_PLANTED(log_file_digest_unchecked);
    if (!fits || !whole) return Damaged(file_.path(), "its trailer is not of what it holds");
    if (file_.at() != file_.size()) return Damaged(file_.path(), "something stands after its end");
    return false;
  }

  ReadFile file_;
  Hasher digest_;
  Hasher::Value found_ = {};
  LogEnd end_;
  uint64_t blocks_ = 0;
};

// What the last bytes of the file say, before anything is read that they are checked against.
absl::StatusOr<LogFileSummary> TrailerIn(const std::string& path, uint64_t size) {
  if (size < kHeaderSize + kTrailerSize) return Damaged(path, "it ends early");
  std::string bytes(kTrailerSize, '\0');
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(size - kTrailerSize));
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return Damaged(path, "it ends early");
  const absl::string_view trailer = bytes;
  if (FromBigEndian(trailer) != 0) return Damaged(path, "it is torn: its trailer is missing");
  return LogFileSummary{.end = {.position = FromBigEndian(trailer.substr(8)), .hash = HashIn(trailer.substr(16))},
                        .blocks = FromBigEndian(trailer.substr(16 + kHashSize)),
                        .digest = HashIn(trailer.substr(kHeadSize))};
}

}  // namespace

LogFileWriter::LogFileWriter(LogIdentity identity, const LogStart& start, Sink sink)
    : identity_(std::move(identity)), start_(start), sink_(std::move(sink)), end_(start.end) {}

absl::Status LogFileWriter::Put(absl::string_view head) {
  if (bytes_ == 0) {
    const std::string header = HeaderOf(identity_, start_);
    digest_.Add(header);
    bytes_ += header.size();
    if (absl::Status put = sink_(header); !put.ok()) return put;
  }
  digest_.Add(head);
  bytes_ += head.size();
  return sink_(head);
}

absl::Status LogFileWriter::Add(const StoredBlock& block) {
  BURSAR_CHECK(block.first == end_.position + 1);
  end_ = {.position = block.last, .hash = block.hash};
  ++blocks_;
  if (absl::Status put = Put(HeadOf(block.first, end_, block.bytes.size())); !put.ok()) return put;
  bytes_ += block.bytes.size();
  return sink_(block.bytes);
}

absl::StatusOr<LogFileSummary> LogFileWriter::Finish() {
  if (absl::Status put = Put(HeadOf(0, end_, blocks_)); !put.ok()) return put;
  const LogFileSummary summary{.end = end_, .blocks = blocks_, .digest = digest_.Take()};
  bytes_ += kHashSize;
  if (absl::Status put = sink_(BytesOf(summary.digest)); !put.ok()) return put;
  return summary;
}

absl::StatusOr<LogFile> LogFile::Open(const std::string& path, bool from_disk) {
  absl::StatusOr<ReadFile> file = ReadFile::Open(path, from_disk);
  if (!file.ok()) return file.status();
  LogFile opened(path, from_disk);
  const uint64_t size = file->size();
  Parsing parsing(*std::move(file));
  if (absl::Status header = parsing.Header(opened.identity_, opened.start_); !header.ok()) return header;
  absl::StatusOr<LogFileSummary> summary = TrailerIn(path, size);
  if (!summary.ok()) return summary.status();
  opened.summary_ = *summary;
  return opened;
}

absl::Status LogFile::Read(Position from, const VisitBlock& visit) {
  absl::StatusOr<ReadFile> file = ReadFile::Open(path_, from_disk_);
  if (!file.ok()) return file.status();
  Parsing parsing(*std::move(file));
  LogIdentity identity;
  LogStart start;
  if (absl::Status header = parsing.Header(identity, start); !header.ok()) return header;
  StoredBlock block;
  for (;;) {
    const absl::StatusOr<bool> more = parsing.Next(block);
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (block.last < from) continue;
    if (absl::Status visited = visit(block); !visited.ok()) return visited;
  }
  if (parsing.summary().digest == summary_.digest) return absl::OkStatus();
  return Damaged(path_, "it has changed while it was read");
}

}  // namespace bursar
