// An entry turned back into what was asked: so that a decision of the past can be made again, on the state before it or
// on another one.
#pragma once

#include <functional>
#include <vector>

#include "bursar/storage/v1/entry.pb.h"
#include "ledger/base/principal.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"

namespace bursar {

// Reads an entry of the log before the one at hand; nullptr where there is none.
using EntryReader = std::function<const storage::v1::Entry*(Position position)>;

// What may have been asked when this entry was decided on `before`, the likeliest first. A few denials and late
// captures do not say which of two things was asked: whichever is decided likewise was as good as the other. Empty for
// an entry that says the same whatever money there is: of people, policy, limits and grants; and for the system's.
std::vector<Command> AskedBy(const storage::v1::Entry& entry, const State& before, const EntryReader& read);

// Who asked for it.
Principal AskerOf(const storage::v1::Entry& entry);

// Whether `decided` says the same of money as the entry: which action may go ahead, why not, from where it draws and
// what it leaves. Sentences for people may read differently.
bool DecidedAlike(const storage::v1::Entry& entry, const Events& decided);

}  // namespace bursar
