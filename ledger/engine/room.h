// What may still be asked for when the disk fills up. Nothing may be lost for want of room, and what has begun must
// come to its end, so that what is new waits first.
#pragma once

#include <cstdint>

#include "ledger/domain/commands.h"

namespace bursar {

enum class Room {
  kPlenty,
  // Only what ends something or gives something back.
  kLow,
  // Only captures and releases of holds, and that a manual clock moves.
  kScarce,
};

// With so many bytes free, where less than `low` is low and less than half of it scarce.
Room RoomOf(uint64_t free, uint64_t low);

// Whether this is taken. What time brings about is never asked for, and always happens.
bool MayGoOn(const Command& command, Room room);

}  // namespace bursar
