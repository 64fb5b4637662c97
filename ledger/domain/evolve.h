// How the state follows from the log: the only way it ever changes, live and in replay.
#pragma once

#include "bursar/storage/v1/entry.pb.h"

namespace bursar {

class State;

// Applies an entry that Decide brought about on this very state, or on one equal to it. Ends the process at an event
// that it does not know: going on would give wrong balances.
void Evolve(State& state, const storage::v1::Entry& entry);

}  // namespace bursar
