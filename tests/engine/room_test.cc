// What is taken when the disk fills up.
#include "ledger/engine/room.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "ledger/base/clock.h"
#include "ledger/domain/refusals.h"
#include "ledger/engine/ledger.h"
#include "ledger/log/memory_log.h"

namespace bursar {
namespace {

TEST(Room, IsLowBelowTheThresholdAndScarceBelowHalfOfIt) {
  EXPECT_EQ(RoomOf(100, 100), Room::kPlenty);
  EXPECT_EQ(RoomOf(99, 100), Room::kLow);
  EXPECT_EQ(RoomOf(50, 100), Room::kLow);
  EXPECT_EQ(RoomOf(49, 100), Room::kScarce);
  EXPECT_EQ(RoomOf(0, 0), Room::kPlenty);
}

TEST(Room, LetsEndWhatHasBegunAndBeginsNothing) {
  for (const Room room : {Room::kLow, Room::kScarce}) {
    EXPECT_TRUE(MayGoOn(CaptureHold(), room));
    EXPECT_TRUE(MayGoOn(ReleaseHold(), room));
    EXPECT_TRUE(MayGoOn(ExpireDue(), room));
    EXPECT_FALSE(MayGoOn(PlaceHold(), room));
    EXPECT_FALSE(MayGoOn(ExtendHold(), room));
    EXPECT_FALSE(MayGoOn(RegisterUser(), room));
  }
  EXPECT_TRUE(MayGoOn(RecordPayment(), Room::kLow));
  EXPECT_FALSE(MayGoOn(RecordPayment(), Room::kScarce));
  EXPECT_TRUE(MayGoOn(PlaceHold(), Room::kPlenty));
}

TEST(Room, IsLookedAtBeforeEveryCommand) {
  MemoryLog log;
  SystemClock clock;
  std::atomic<Room> room = Room::kPlenty;
  const auto ledger = Ledger::Open({.log = &log, .clock = &clock, .room = [&] { return room.load(); }});
  ASSERT_TRUE(ledger.ok());
  const auto publish = [&](const char* id) {
    return (*ledger)
        ->SubmitAndWait({.principal = {.role = Role::kOperator, .name = "olga"},
                         .request_id = id,
                         .fingerprint = std::string(16, 'f'),
                         .command = PublishPartner{.partner_id = id, .display_name = "Acme"}})
        .status();
  };
  EXPECT_TRUE(publish("first").ok());
  room = Room::kLow;
  const absl::Status refused = publish("second");
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(ReasonOf(refused), "DISK_LOW");
  EXPECT_TRUE((*ledger)->Tick().ok()) << "What time brings about happens all the same.";
  EXPECT_EQ(log.Last().position, 1u) << "Nothing was written.";
  room = Room::kPlenty;
  EXPECT_TRUE(publish("second").ok());
}

}  // namespace
}  // namespace bursar
