// Backups: that they hold everything, grow without touching what is there, and are refused where anything is wrong.
#include "ledger/archive/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/match.h"
#include "ledger/archive/audit.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

const LogIdentity kIdentity{.store_id = kStore, .epoch = 1};
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

absl::StatusOr<BackedUp> BackUpLog(const EventLog& log, const std::string& folder, uint64_t segment_bytes = 4'096) {
  OpenLog source(log, kIdentity);
  return BackUp(source, {.folder = folder, .now = kNow, .segment_bytes = segment_bytes});
}

absl::StatusOr<Audited> CheckBackup(const std::string& folder) {
  absl::StatusOr<BackupLog> backup = BackupLog::Open(folder);
  if (!backup.ok()) return backup.status();
  return AuditAll(*backup, {});
}

std::map<std::string, std::string> FilesIn(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    files[file.path().filename().string()] = Contents(file.path().string());
  }
  return files;
}

TEST(Backup, HoldsEverythingUpToTheHead) {
  const World world(1);
  const Folder folder;
  const auto done = BackUpLog(world.log(), folder / "backup");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_GT(done->segments, 3u);
  const auto audited = CheckBackup(folder / "backup");
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->end.position, world.log().Last().position);
  EXPECT_EQ(audited->end.hash, world.log().Last().hash);
  EXPECT_EQ(done->manifest.end.hash, world.log().Last().hash);
  EXPECT_EQ(done->manifest.time, kNow);
}

TEST(Backup, AddsWhatIsNewAndTouchesNothingElse) {
  World world(2);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  const auto before = FilesIn(folder / "backup");
  const Position position = world.log().Last().position;
  world.Run(100);
  const auto done = BackUpLog(world.log(), folder / "backup");
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->entries, world.log().Last().position - position);
  const auto after = FilesIn(folder / "backup");
  for (const auto& [name, contents] : before) {
    if (name == "manifest") continue;
    EXPECT_EQ(after.at(name), contents) << name;
  }
  const auto audited = CheckBackup(folder / "backup");
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->end.hash, world.log().Last().hash);
}

TEST(Backup, OfWhatIsBackedUpAlreadyAddsNothing) {
  const World world(3);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  const auto again = BackUpLog(world.log(), folder / "backup");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->segments, 0u);
  EXPECT_EQ(again->manifest.end.hash, world.log().Last().hash);
}

TEST(Backup, GoesOnWhereItWasInterrupted) {
  const World world(4);
  const Folder folder;
  int left = 0;
  int times = 0;
  OpenLog source(world.log(), kIdentity);
  const BackupOptions options{
      .folder = folder / "backup", .now = kNow, .segment_bytes = 2'048, .interrupted = [&left] { return left-- == 0; }};
  for (;; ++times) {
    left = 6;
    const auto done = BackUp(source, options);
    if (done.ok()) break;
    ASSERT_TRUE(absl::IsCancelled(done.status())) << done.status();
    ASSERT_LT(times, 1'000);
    const absl::Status so_far = CheckBackup(folder / "backup").status();
    ASSERT_TRUE(so_far.ok() || absl::IsNotFound(so_far)) << so_far;
  }
  EXPECT_GT(times, 1);
  const auto audited = CheckBackup(folder / "backup");
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->end.hash, world.log().Last().hash);
}

TEST(Backup, ThatIsFlippedAnywhereIsRefused) {
  const World world(5, 40);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  for (const auto& [name, contents] : FilesIn(folder / "backup")) {
    for (size_t i = 0; i < contents.size(); i += 7) {
      std::string flipped = contents;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      SetContents(folder / ("backup/" + name), flipped);
      const auto audited = CheckBackup(folder / "backup");
      ASSERT_FALSE(audited.ok()) << name << ", byte " << i;
      const bool named = absl::StrContains(audited.status().message(), name) || !absl::IsDataLoss(audited.status());
      ASSERT_TRUE(named) << audited.status();
    }
    SetContents(folder / ("backup/" + name), contents);
  }
}

TEST(Backup, WithATornOrMissingSegmentIsRefusedByItsName) {
  const World world(6);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  for (const auto& [name, contents] : FilesIn(folder / "backup")) {
    if (!absl::EndsWith(name, ".bursarlog")) continue;
    const std::string path = folder / ("backup/" + name);
    SetContents(path, contents.substr(0, contents.size() / 2));
    const absl::Status torn = CheckBackup(folder / "backup").status();
    EXPECT_TRUE(absl::IsDataLoss(torn) && absl::StrContains(torn.message(), name)) << torn;
    std::filesystem::remove(path);
    const absl::Status missing = CheckBackup(folder / "backup").status();
    EXPECT_TRUE(absl::IsDataLoss(missing) && absl::StrContains(missing.message(), name)) << missing;
    SetContents(path, contents);
  }
}

TEST(Backup, OfALedgerThatHasLostEntriesIsRefused) {
  const World world(7);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  MemoryLog shorter;
  CopyTo(world.log(), world.ends()[world.ends().size() / 2], shorter);
  EXPECT_TRUE(absl::IsDataLoss(BackUpLog(shorter, folder / "backup").status()));
}

TEST(Backup, OfALedgerThatWentOnDifferentlyIsRefused) {
  const World world(8);
  const Folder folder;
  const LogEnd middle = world.ends()[world.ends().size() / 2];
  MemoryLog first;
  CopyTo(world.log(), middle, first);
  MemoryLog other;
  CopyTo(world.log(), middle, other);
  for (MemoryLog* log : {&first, &other}) {
    storage::v1::Block block;
    storage::v1::Entry& entry = *block.add_entries();
    entry = EntriesTo(world.log(), middle.position).back();
    entry.set_position(middle.position + 1);
    entry.set_request_id(log == &first ? "one" : "other");
    ASSERT_TRUE(log->Append(Seal(block, middle)).ok());
  }
  ASSERT_TRUE(BackUpLog(first, folder / "backup").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(BackUpLog(other, folder / "backup").status()));
}

TEST(Backup, OfAnotherLedgerIsRefused) {
  const World world(9);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  OpenLog other(world.log(), {.store_id = "ffffffffffffffffffffffffffffffff", .epoch = 1});
  const auto refused = BackUp(other, {.folder = folder / "backup", .now = kNow});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
}

TEST(Backup, OfADamagedLedgerIsRefusedAndTheBackupStays) {
  World world(10);
  const Folder folder;
  ASSERT_TRUE(BackUpLog(world.log(), folder / "backup").ok());
  MemoryLog damaged;
  CopyTo(world.log(), world.log().Last(), damaged);
  StoredBlock block = BlocksTo(world.log(), 1).front();
  block.first = damaged.Last().position + 1;
  block.last = block.first;
  ASSERT_TRUE(damaged.Append(block).ok());
  EXPECT_TRUE(absl::IsDataLoss(BackUpLog(damaged, folder / "backup").status()));
  EXPECT_TRUE(CheckBackup(folder / "backup").ok());
}

TEST(Backup, IsMissingWhereThereIsNone) {
  const Folder folder;
  EXPECT_TRUE(absl::IsNotFound(CheckBackup(folder / "nothing").status()));
}

}  // namespace
}  // namespace bursar
