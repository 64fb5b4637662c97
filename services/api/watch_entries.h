// What ListEntries and WatchEntries have in common, and the watching of entries.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/v1/history.pb.h"
#include "ledger/engine/ledger.h"
#include "services/api/call.h"
#include "services/api/watch.h"

namespace bursar {

// Everything for staff; for others the history of an account that they may see.
absl::Status MayReadHistory(const Ledger& ledger, const Call& call, const BillingAccountId& account);

// Numbers of the kinds of event that are asked for; empty for all.
using EventKinds = absl::flat_hash_set<int>;

// The entry with those of its events that are about the account and of these kinds; all of them where none is named.
v1::Entry ToEntry(const storage::v1::Entry& entry, const std::string& account, const EventKinds& kinds);

// `ledger` outlives the watch.
absl::StatusOr<std::unique_ptr<Watch>> OpenEntriesWatch(const Ledger& ledger, const Call& call,
                                                        const v1::WatchEntriesRequest& request);

}  // namespace bursar
