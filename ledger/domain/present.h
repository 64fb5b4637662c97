// Commands that name users who were merged into others, and their billing accounts, mean those they are now. Internal
// to the domain.
#pragma once

#include <optional>

#include "ledger/domain/commands.h"
#include "ledger/domain/state.h"

namespace bursar {

// The command with names of today; nullopt where it has no others.
std::optional<Command> InPresentNames(const State& state, const Command& command);

}  // namespace bursar
