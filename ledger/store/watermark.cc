#include "ledger/store/watermark.h"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/crc32c.h"
#include "ledger/base/hasher.h"
#include "ledger/base/planted.h"
#include "ledger/store/files.h"

namespace bursar {
namespace {

constexpr char kName[] = "watermark";
constexpr absl::string_view kMagic = "BursarWM";
// Two slots are never in one sector of a disk, nor in one page of memory.
constexpr size_t kSlotSpacing = 4'096;
constexpr size_t kIdSize = 32;
constexpr size_t kHashSize = std::tuple_size<BlockHash>::value;
// Magic, format, epoch, id, turn, position, hash; the checksum follows.
constexpr size_t kChecked = kMagic.size() + 4 * kBigEndianSize + kIdSize + kHashSize;
constexpr size_t kSlotSize = kChecked + kBigEndianSize;

std::string SlotOf(const Watermark::Mark& mark) {
  std::string slot(kMagic);
  for (const uint64_t number : {uint64_t{mark.identity.format}, mark.identity.epoch, mark.turn, mark.end.position}) {
    slot += BigEndian(number);
  }
  slot += mark.identity.id;
  absl::StrAppend(&slot, BytesOf(mark.end.hash));
  slot += BigEndian(Crc32c(slot));
  return slot;
}

std::optional<Watermark::Mark> MarkIn(absl::string_view slot) {
  if (slot.size() < kSlotSize || FromBigEndian(slot.substr(kChecked)) != Crc32c(slot.substr(0, kChecked))) {
    return std::nullopt;
  }
  if (!absl::ConsumePrefix(&slot, kMagic)) return std::nullopt;
  Watermark::Mark mark;
  mark.identity.format = static_cast<uint32_t>(TakeBigEndian(slot));
  mark.identity.epoch = TakeBigEndian(slot);
  mark.turn = TakeBigEndian(slot);
  mark.end.position = TakeBigEndian(slot);
  mark.identity.id = std::string(slot.substr(0, kIdSize));
  std::copy_n(slot.begin() + kIdSize, kHashSize, mark.end.hash.begin());
  return mark;
}

}  // namespace

absl::StatusOr<std::optional<Watermark::Mark>> Watermark::Read(rocksdb::FileSystem& files, const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadWhole(files, path);
  if (absl::IsNotFound(bytes.status())) return std::nullopt;
  if (!bytes.ok()) return bytes.status();
  const absl::string_view all(*bytes);
  const std::optional<Mark> first = MarkIn(all);
  const std::optional<Mark> second = all.size() > kSlotSpacing ? MarkIn(all.substr(kSlotSpacing)) : std::nullopt;
  if (!first || !second) return first ? first : second;
  return first->turn > second->turn ? first : second;
}

absl::StatusOr<std::unique_ptr<Watermark>> Watermark::Begin(rocksdb::FileSystem& files, const std::string& folder,
                                                            const StoreIdentity& identity, const LogEnd& end,
                                                            uint64_t before) {
  // Even turns are written to the first slot.
  const uint64_t turn = before + 3 - (before + 1) % 2;
  std::string bytes = SlotOf({.identity = identity, .end = end, .turn = turn});
  bytes.resize(kSlotSpacing, '\0');
  bytes += SlotOf({.identity = identity, .end = end, .turn = turn - 1});
  if (absl::Status written = ReplaceFile(files, folder, kName, bytes); !written.ok()) return written;
  const std::string path = absl::StrCat(folder, "/", kName);
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  const rocksdb::IOStatus opened = files.NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (!opened.ok()) return Told(opened, "opened", path);
  return std::unique_ptr<Watermark>(new Watermark(path, std::move(file), identity, turn));
}

Watermark::Watermark(std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file, StoreIdentity identity,
                     uint64_t turn)
    : path_(std::move(path)), file_(std::move(file)), identity_(std::move(identity)), turn_(turn) {}

Watermark::~Watermark() { file_->Close(rocksdb::IOOptions(), nullptr).PermitUncheckedError(); }

absl::Status Watermark::Move(const LogEnd& end) {
  if (BURSAR_PLANTED(watermark_stands_still)) return absl::OkStatus();
  ++turn_;
  const std::string slot = SlotOf({.identity = identity_, .end = end, .turn = turn_});
  rocksdb::IOStatus status = file_->Write(turn_ % 2 == 0 ? 0 : kSlotSpacing, slot, rocksdb::IOOptions(), nullptr);
  if (status.ok() && !BURSAR_PLANTED(watermark_without_sync)) status = file_->Sync(rocksdb::IOOptions(), nullptr);
  return Told(status, "written", path_);
}

}  // namespace bursar
