#include "ledger/engine/room.h"

#include <variant>

#include "ledger/base/planted.h"

namespace bursar {
namespace {

template <class... Commands>
bool IsOneOf(const Command& command) {
  return (std::holds_alternative<Commands>(command) || ...);
}

}  // namespace

Room RoomOf(uint64_t free, uint64_t low) {
  if (free >= low) return Room::kPlenty;
  return free >= low / 2 ? Room::kLow : Room::kScarce;
}

bool MayGoOn(const Command& command, Room room) {
  if (BURSAR_PLANTED(low_disk_ignored)) return true;
  switch (room) {
    case Room::kPlenty:
      return true;
    case Room::kLow:
      if (IsOneOf<RecordPayment, ReverseCharge, RevokeCredit>(command)) return true;
      [[fallthrough]];
    case Room::kScarce:
      return IsOneOf<CaptureHold, ReleaseHold, ExpireDue, AdvanceClock>(command);
  }
  return true;
}

}  // namespace bursar
