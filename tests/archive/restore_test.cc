// Restoring: what a restored log holds, and that everybody can see that it was restored.
#include "ledger/archive/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/archive/audit.h"
#include "ledger/engine/ledger.h"
#include "tests/archive/worlds.h"

namespace bursar {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Restores into `log`.
absl::StatusOr<RestorePlan> RestoreTo(const EventLog& from, const RestorePoint& point, EventLog& log,
                                      uint64_t epoch = 1) {
  OpenLog source(from, {.store_id = kStore, .epoch = epoch});
  absl::StatusOr<RestorePlan> plan = PlanRestore(source, point, {});
  if (!plan.ok()) return plan;
  const absl::StatusOr<LogEnd> restored = Restore(source, *plan, kNow, {}, log);
  if (!restored.ok()) return restored.status();
  EXPECT_EQ(restored->position, log.Last().position);
  return plan;
}

// As text, so that a difference can be read.
std::vector<std::string> Texts(const std::vector<storage::v1::Entry>& entries) {
  std::vector<std::string> texts;
  for (const auto& entry : entries) texts.push_back(entry.ShortDebugString());
  return texts;
}

// The state that a log brings about.
State StateOf(const EventLog& log) {
  State state;
  OpenLog source(log, {});
  EXPECT_TRUE(AuditAll(source, {.deep = true,
                                .on_state =
                                    [&](const State& at, const LogEnd&) {
                                      state = at;
                                      return absl::OkStatus();
                                    }})
                  .ok());
  return state;
}

TEST(Restore, HoldsEverythingThatTheBackupHeldAndSaysThatItWasRestored) {
  const World world(1);
  MemoryLog log;
  const auto plan = RestoreTo(world.log(), {}, log);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const LogEnd end = world.log().Last();
  EXPECT_EQ(plan->position, end.position);
  ASSERT_EQ(log.Last().position, end.position + 1);
  EXPECT_EQ(Texts(EntriesTo(log, end.position)), Texts(EntriesTo(world.log(), end.position)));

  const storage::v1::Entry last = EntriesTo(log, end.position + 1).back();
  EXPECT_EQ(last.principal(), "system");
  ASSERT_EQ(last.events_size(), 1);
  const storage::v1::LedgerRestored& restored = last.events(0).ledger_restored();
  EXPECT_EQ(restored.epoch(), 2u);
  EXPECT_EQ(restored.restored_position(), end.position);
  EXPECT_EQ(restored.restored_hash(), HashText(end.hash));
  EXPECT_EQ(restored.backup_position(), end.position);
  EXPECT_EQ(restored.restore_time(), absl::ToUnixMicros(kNow));
}

TEST(Restore, KeepsEveryReceiptUpToWhereItGoes) {
  const World world(2);
  const LogEnd middle = world.ends()[world.ends().size() / 2];
  MemoryLog log;
  ASSERT_TRUE(RestoreTo(world.log(), {.position = middle.position}, log).ok());
  OpenLog source(log, {});
  for (const LogEnd& end : world.ends()) {
    const absl::Status held = CheckReceipt(source, {.position = end.position, .hash = end.hash});
    if (end.position <= middle.position) {
      EXPECT_TRUE(held.ok()) << held;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(held)) << end.position << ": " << held;
    }
  }
}

TEST(Restore, ToAnyPositionHoldsTheEntriesUpToIt) {
  const World world(3, 60);
  const Position last = world.log().Last().position;
  bool cut = false;
  for (Position position = 1; position <= last; ++position) {
    MemoryLog log;
    const auto plan = RestoreTo(world.log(), {.position = position}, log);
    ASSERT_TRUE(plan.ok()) << plan.status();
    ASSERT_EQ(log.Last().position, position + 1);
    ASSERT_EQ(Texts(EntriesTo(log, position)), Texts(EntriesTo(world.log(), position)));
    OpenLog source(log, {});
    ASSERT_TRUE(AuditAll(source, {.deep = true}).ok());
    cut = cut || std::none_of(world.ends().begin(), world.ends().end(),
                              [&](const LogEnd& end) { return end.position == position; });
  }
  EXPECT_TRUE(cut) << "no position was inside a block";
}

TEST(Restore, ToATimeHoldsWhatWasWrittenByThen) {
  const World world(4);
  const auto entries = EntriesTo(world.log(), world.log().Last().position);
  for (size_t i = 0; i < entries.size(); i += 11) {
    const int64_t time = entries[i].commit_time();
    const auto after =
        std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.commit_time() > time; });
    MemoryLog log;
    const auto plan = RestoreTo(world.log(), {.time = absl::FromUnixMicros(time)}, log);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->position, static_cast<Position>(after - entries.begin()));
  }
}

TEST(Restore, OfWhatTheBackupDoesNotHoldIsRefused) {
  const World world(5);
  const Position last = world.log().Last().position;
  MemoryLog log;
  EXPECT_TRUE(absl::IsOutOfRange(RestoreTo(world.log(), {.position = last + 1}, log).status()));
  EXPECT_TRUE(absl::IsOutOfRange(RestoreTo(world.log(), {.position = 0}, log).status()));
  EXPECT_TRUE(absl::IsOutOfRange(RestoreTo(world.log(), {.time = absl::UnixEpoch()}, log).status()));
  EXPECT_TRUE(absl::IsOutOfRange(RestoreTo(MemoryLog(), {}, log).status()));
  EXPECT_EQ(log.Last().position, 0u);
}

TEST(Restore, RaisesTheEpochAboveAllThatAreKnown) {
  const World world(6);
  MemoryLog first;
  EXPECT_EQ(RestoreTo(world.log(), {}, first, 1)->epoch, 2u);
  // The log says more than who names it.
  MemoryLog second;
  EXPECT_EQ(RestoreTo(first, {}, second, 1)->epoch, 3u);
  MemoryLog third;
  EXPECT_EQ(RestoreTo(first, {}, third, 7)->epoch, 8u);
  // Nobody knows.
  MemoryLog fourth;
  EXPECT_EQ(RestoreTo(world.log(), {}, fourth, 0)->epoch, 2u);
}

TEST(Restore, TwiceFromTheSameBackupMakesTwoLedgersThatCanBeToldApart) {
  const World world(7);
  OpenLog source(world.log(), {.store_id = kStore, .epoch = 1});
  const auto plan = PlanRestore(source, {}, {});
  ASSERT_TRUE(plan.ok());
  MemoryLog one;
  MemoryLog other;
  ASSERT_TRUE(Restore(source, *plan, kNow, {}, one).ok());
  ASSERT_TRUE(Restore(source, *plan, kNow + absl::Seconds(1), {}, other).ok());
  EXPECT_NE(one.Last().hash, other.Last().hash);
}

TEST(Restore, BringsAboutTheStateThatWasThere) {
  const World world(8);
  MemoryLog log;
  ASSERT_TRUE(RestoreTo(world.log(), {}, log).ok());
  State restored = StateOf(log);
  EXPECT_EQ(restored.time, world.state().time);
  restored.position = world.state().position;
  EXPECT_EQ(DigestOf(restored), DigestOf(world.state()));
}

TEST(Restore, MakesALogThatALedgerOpensAndGoesOnWith) {
  const World world(9);
  MemoryLog log;
  ASSERT_TRUE(RestoreTo(world.log(), {}, log).ok());
  SystemClock clock;
  auto ledger = Ledger::Open({.log = &log, .clock = &clock});
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  ASSERT_TRUE((*ledger)->Tick().ok());
  ledger->reset();
  OpenLog source(log, {});
  const auto audited = AuditAll(source, {.deep = true});
  ASSERT_TRUE(audited.ok()) << audited.status();
  EXPECT_EQ(audited->epoch, 2u);
}

TEST(Copy, IsTheSameLog) {
  const World world(10);
  OpenLog source(world.log(), {.store_id = kStore, .epoch = 1});
  MemoryLog copy;
  const auto copied = Copy(source, {}, copy);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->hash, world.log().Last().hash);
}

}  // namespace
}  // namespace bursar
