// Audits: what they find in a log, and that they find the first.
#include "ledger/archive/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

// A log whose blocks are handed out as the test has changed them.
class ChangedLog : public LogSource {
 public:
  explicit ChangedLog(const EventLog& log) : blocks(BlocksTo(log, log.Last().position)), last_(log.Last().position) {}

  LogIdentity identity() const override { return {}; }
  Position last() const override { return last_; }
  absl::Status Read(Position from, const VisitBlock& visit) override {
    for (const StoredBlock& block : blocks) {
      if (block.last < from) continue;
      if (absl::Status visited = visit(block); !visited.ok()) return visited;
    }
    return absl::OkStatus();
  }

  std::vector<StoredBlock> blocks;

 private:
  const Position last_;
};

// Names the position in a sentence that says that the log is damaged there.
testing::Matcher<absl::Status> DamagedAt(Position position) {
  return testing::Truly([position](const absl::Status& status) {
    return absl::IsDataLoss(status) && absl::StrContains(status.message(), absl::StrCat("at position ", position, ":"));
  });
}

TEST(Audit, FindsNothingInAWholeLog) {
  const World world(1);
  OpenLog source(world.log(), {});
  const auto audited = AuditAll(source, {});
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->end.hash, world.log().Last().hash);
  EXPECT_EQ(audited->entries, world.log().Last().position);
  EXPECT_EQ(audited->blocks, world.ends().size());
  EXPECT_EQ(audited->epoch, 0u);
}

TEST(Audit, NamesTheFirstDamagedBlock) {
  const World world(2);
  for (size_t i = 0; i < world.ends().size(); ++i) {
    ChangedLog source(world.log());
    StoredBlock& block = source.blocks[i];
    // Of the last bytes, so that it still parses where it can: the hash alone tells.
    block.bytes.back() = static_cast<char>(block.bytes.back() ^ 1);
    EXPECT_THAT(AuditAll(source, {}).status(), DamagedAt(block.first));
  }
}

TEST(Audit, FindsBlocksThatAreMissingDoubledOrSwapped) {
  const World world(3);
  ChangedLog missing(world.log());
  const Position gap = missing.blocks[4].first;
  missing.blocks.erase(missing.blocks.begin() + 4);
  EXPECT_THAT(AuditAll(missing, {}).status(), DamagedAt(gap));

  ChangedLog doubled(world.log());
  doubled.blocks.insert(doubled.blocks.begin() + 4, doubled.blocks[3]);
  EXPECT_THAT(AuditAll(doubled, {}).status(), DamagedAt(gap));

  ChangedLog shorter(world.log());
  const Position last = shorter.blocks.back().first;
  shorter.blocks.pop_back();
  EXPECT_THAT(AuditAll(shorter, {}).status(), DamagedAt(last));
}

TEST(Audit, RefusesAFactOfANewerVersionPolitely) {
  const World world(4);
  MemoryLog log;
  CopyTo(world.log(), world.log().Last(), log);
  storage::v1::Block block;
  storage::v1::Entry& entry = *block.add_entries();
  entry.set_position(log.Last().position + 1);
  entry.set_commit_time(EntriesTo(world.log(), world.log().Last().position).back().commit_time());
  entry.set_principal("system");
  storage::v1::Event& event = *entry.add_events();
  event.GetReflection()->MutableUnknownFields(&event)->AddLengthDelimited(90'000, "what is this?");
  ASSERT_TRUE(log.Append(Seal(block, log.Last())).ok());
  OpenLog source(log, {});
  const absl::Status refused = AuditAll(source, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), absl::StrCat("Entry ", log.Last().position))) << refused;
}

TEST(Audit, RefusesAKnownFactThatSaysMoreThanThisVersionKnows) {
  const World world(4);
  storage::v1::Entry entry = EntriesTo(world.log(), 1).front();
  storage::v1::Event& event = *entry.mutable_events(0);
  const auto* kind = event.GetDescriptor()->FindFieldByNumber(event.kind_case());
  google::protobuf::Message* fact = event.GetReflection()->MutableMessage(&event, kind);
  fact->GetReflection()->MutableUnknownFields(fact)->AddVarint(90'000, 1);
  storage::v1::Block block;
  *block.add_entries() = entry;
  MemoryLog log;
  ASSERT_TRUE(log.Append(Seal(block, {})).ok());
  OpenLog source(log, {});
  EXPECT_TRUE(absl::IsFailedPrecondition(AuditAll(source, {}).status()));
}

TEST(Audit, ReplaysTheStateThatTheLedgerHad) {
  const World world(5);
  OpenLog source(world.log(), {});
  Hasher::Value last = {};
  const auto audited = AuditAll(source, {.deep = true, .on_state = [&](const State& state, const LogEnd& end) {
                                           EXPECT_EQ(state.position, end.position);
                                           last = DigestOf(state);
                                           return absl::OkStatus();
                                         }});
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(last, DigestOf(world.state()));
}

TEST(Receipts, OfEveryBlockHold) {
  const World world(6);
  OpenLog source(world.log(), {});
  for (const LogEnd& end : world.ends()) {
    EXPECT_TRUE(CheckReceipt(source, {.position = end.position, .hash = end.hash}).ok());
  }
}

TEST(Receipts, FromBeyondTheEndOrOffTheChainAreAnAlarm) {
  const World world(7);
  OpenLog source(world.log(), {});
  const LogEnd end = world.log().Last();
  EXPECT_TRUE(absl::IsDataLoss(CheckReceipt(source, {.position = end.position + 1, .hash = end.hash})));
  BlockHash other = end.hash;
  other[0] ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(CheckReceipt(source, {.position = end.position, .hash = other})));
}

}  // namespace
}  // namespace bursar
