// Stores of every version, opened by this one: see golden/README.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ledger/archive/audit.h"
#include "ledger/archive/log_file.h"
#include "ledger/domain/canonical.h"
#include "ledger/domain/postings.h"
#include "ledger/store/store.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

std::string Golden(const std::string& name) { return absl::StrCat(BURSAR_SOURCE_DIR "/tests/archive/golden/", name); }

std::string Hex(const Hasher::Value& value) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(value.data()), value.size()});
}

std::string LayoutNow() {
  Hasher hasher;
  hasher.Add(StateLayout());
  return Hex(hasher.Take());
}

// What a log holds, in the lines of a <name>.txt; only the state's line of this version.
std::vector<std::string> LinesOf(LogSource& source) {
  std::map<std::string, int64_t> sums;
  Hasher::Value digest = {};
  const auto audited =
      AuditAll(source, {.deep = true,
                        .on_state =
                            [&](const State& state, const LogEnd& end) {
                              if (end.position == source.last()) digest = DigestOf(state);
                              return absl::OkStatus();
                            },
                        .on_block =
                            [&](const StoredBlock& /*block*/, const storage::v1::Block& decoded) {
                              for (const auto& entry : decoded.entries()) {
                                for (const auto& event : entry.events()) {
                                  for (const Posting& posting : PostingsOf(event)) {
                                    sums[absl::StrCat(NameOf(posting.account), " ", posting.currency)] +=
                                        posting.amount.micros();
                                  }
                                }
                              }
                              return absl::OkStatus();
                            }});
  EXPECT_TRUE(audited.ok()) << audited.status();
  std::vector<std::string> lines = {absl::StrCat("position ", source.last())};
  for (const auto& [account, sum] : sums) lines.push_back(absl::StrCat(account, " ", sum));
  lines.push_back(absl::StrCat("state ", LayoutNow(), " ", Hex(digest)));
  return lines;
}

std::vector<std::string> ExpectedLines(const std::string& name) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(Contents(Golden(name)), '\n', absl::SkipEmpty())) {
    const bool other_layout =
        absl::StartsWith(line, "state ") && !absl::StartsWith(line, absl::StrCat("state ", LayoutNow(), " "));
    if (!other_layout) lines.emplace_back(line);
  }
  return lines;
}

// The store, in a folder where it may be changed.
std::string CopyOf(const std::string& name, const Folder& folder) {
  const std::string copy = folder / name;
  std::filesystem::copy(Golden(name), copy, std::filesystem::copy_options::recursive);
  return copy;
}

TEST(GoldenStore, OfFormat1HoldsWhatItHeld) {
  const Folder folder;
  const auto store = Store::Open({.folder = CopyOf("store-1", folder)});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->repairs().empty());
  EXPECT_EQ((*store)->identity().id, kStore);
  OpenLog source((*store)->log(), {});
  EXPECT_EQ(LinesOf(source), ExpectedLines("store-1.txt"));
}

TEST(GoldenStore, InALogFileOfFormat1HoldsWhatItHeld) {
  absl::StatusOr<LogFile> file = LogFile::Open(Golden("log-file-1.bursarlog"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->identity().store_id, kStore);
  EXPECT_EQ(LinesOf(*file), ExpectedLines("store-1.txt"));
}

// As 0.1 left one: the log, and nothing beside it.
std::string LogAlone(const Folder& folder) {
  const std::string copy = CopyOf("store-1", folder);
  for (const auto& file : std::filesystem::directory_iterator(copy)) {
    if (file.path().filename() != "log") std::filesystem::remove_all(file.path());
  }
  return copy;
}

// What is killed in the middle of adopting is adopted by the next try, from whatever it had made by then.
TEST(GoldenStore, OfALogAloneIsAdoptedAlsoAfterAnAdoptionThatWasKilled) {
  const Folder folder;
  const std::string whole = LogAlone(folder);
  ASSERT_TRUE(Store::Adopt({.folder = whole}).ok());
  // What adopting makes, in its order; the last makes a store of the folder.
  const std::vector<std::string> steps = {"journal", "watermark"};
  for (size_t made = 0; made <= steps.size(); ++made) {
    const Folder other;
    const std::string killed = LogAlone(other);
    for (size_t i = 0; i < made; ++i) {
      std::filesystem::copy(whole + "/" + steps[i], killed + "/" + steps[i], std::filesystem::copy_options::recursive);
    }
    const absl::Status adopted = Store::Adopt({.folder = killed});
    // With a watermark it is a store but for the name of it, which opening writes.
    ASSERT_TRUE(adopted.ok() || (made == steps.size() && absl::IsAlreadyExists(adopted)))
        << "after " << made << " steps: " << adopted;
    const auto store = Store::Open({.folder = killed});
    ASSERT_TRUE(store.ok()) << "after " << made << " steps: " << store.status();
    OpenLog source((*store)->log(), {});
    EXPECT_EQ(LinesOf(source), ExpectedLines("store-1.txt"));
  }
}

}  // namespace
}  // namespace bursar
