// Log files: what they give back, and that nothing can be changed in one without being noticed.
#include "ledger/archive/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/files.h"
#include "ledger/base/big_endian.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

constexpr LogStart kBeginning;

// The log from a block's end on, in a file.
void WriteLog(const EventLog& log, const LogStart& start, const std::string& path) {
  WholeFile file(path);
  LogFileWriter writer({.store_id = kStore, .epoch = 3}, start,
                       [&](absl::string_view bytes) { return file.Write(bytes); });
  ASSERT_TRUE(log.Read(start.end.position + 1, [&](const StoredBlock& block) { return writer.Add(block); }).ok());
  ASSERT_TRUE(writer.Finish().ok());
  ASSERT_TRUE(file.Sync().ok());
  ASSERT_TRUE(file.Publish().ok());
}

absl::Status Check(const std::string& path) {
  absl::StatusOr<LogFile> file = LogFile::Open(path);
  return file.ok() ? AuditAll(*file, {}).status() : file.status();
}

TEST(LogFile, GivesBackTheBlocksThatWereWritten) {
  const World world(1);
  const Folder folder;
  WriteLog(world.log(), kBeginning, folder / "log");
  absl::StatusOr<LogFile> file = LogFile::Open(folder / "log");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->identity().store_id, kStore);
  EXPECT_EQ(file->identity().epoch, 3u);
  MemoryLog copy;
  ASSERT_TRUE(file->Read(1, [&](const StoredBlock& block) { return copy.Append(block); }).ok());
  EXPECT_EQ(copy.Last().position, world.log().Last().position);
  EXPECT_EQ(copy.Last().hash, world.log().Last().hash);
  EXPECT_TRUE(VerifiedRead(copy, [](const auto&) { return absl::OkStatus(); }).ok());
}

TEST(LogFile, HoldsAPartOfALogThatIsCheckedByItself) {
  const World world(2);
  const Folder folder;
  const LogEnd middle = world.ends()[world.ends().size() / 2];
  const auto before = EntriesTo(world.log(), middle.position);
  WriteLog(world.log(), {.end = middle, .time = absl::FromUnixMicros(before.back().commit_time())}, folder / "part");
  absl::StatusOr<LogFile> file = LogFile::Open(folder / "part");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto audited = AuditAll(*file, {});
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->end.hash, world.log().Last().hash);
  EXPECT_EQ(audited->entries, world.log().Last().position - middle.position);
}

TEST(LogFile, OfAnEmptyLogIsWhole) {
  const MemoryLog log;
  const Folder folder;
  WriteLog(log, kBeginning, folder / "log");
  EXPECT_TRUE(Check(folder / "log").ok());
}

TEST(LogFile, NoFlippedBitGoesUnnoticed) {
  const World world(3, 12);
  const Folder folder;
  const std::string path = folder / "log";
  WriteLog(world.log(), kBeginning, path);
  ASSERT_TRUE(Check(path).ok());
  const std::string whole = Contents(path);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    SetContents(path, flipped);
    ASSERT_FALSE(Check(path).ok()) << "byte " << i << " of " << whole.size();
  }
}

TEST(LogFile, NoMissingEndGoesUnnoticed) {
  const World world(3, 12);
  const Folder folder;
  const std::string path = folder / "log";
  WriteLog(world.log(), kBeginning, path);
  const std::string whole = Contents(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    SetContents(path, whole.substr(0, size));
    ASSERT_TRUE(absl::IsDataLoss(Check(path))) << "byte " << size << " of " << whole.size() << ": " << Check(path);
  }
  SetContents(path, whole + "x");
  EXPECT_TRUE(absl::IsDataLoss(Check(path)));
}

TEST(LogFile, OfANewerFormatIsRefused) {
  const World world(3, 12);
  const Folder folder;
  const std::string path = folder / "log";
  WriteLog(world.log(), kBeginning, path);
  std::string newer = Contents(path);
  newer.replace(8, 8, BigEndian(2));
  SetContents(path, newer);
  const absl::Status refused = Check(path);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "format 2")) << refused;
}

TEST(LogFile, ThatIsMissingIsNotDamaged) {
  const Folder folder;
  EXPECT_TRUE(absl::IsNotFound(Check(folder / "nothing")));
}

TEST(WholeFile, LeavesNothingBehindThatIsNotComplete) {
  const Folder folder;
  {
    WholeFile file(folder / "file");
    ASSERT_TRUE(file.Write("half").ok());
    ASSERT_TRUE(file.Sync().ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder / ""));
}

}  // namespace
}  // namespace bursar
