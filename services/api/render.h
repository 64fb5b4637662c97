// How what the ledger knows is shown to clients: pure functions of entries and of state.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bursar/storage/v1/entry.pb.h"
#include "bursar/v1/errors.pb.h"
#include "bursar/v1/types.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/base/ids.h"
#include "ledger/domain/balance.h"
#include "ledger/domain/state.h"

namespace bursar {

// The first event of this kind; an empty event where the entry has none, whose messages are then empty too.
const storage::v1::Event& EventOf(const storage::v1::Entry& entry, storage::v1::Event::KindCase kind);

google::protobuf::Timestamp ToTimestamp(absl::Time time);
google::protobuf::Timestamp ToTimestamp(int64_t unix_micros);

// By its name in the log, "HANDLE_TAKEN"; UNSPECIFIED where it is not known.
v1::ErrorReason ToReason(const std::string& name);

// A refusal as a message of its own, for batches.
google::rpc::Status ToErrorMessage(const absl::Status& status);

v1::Part ToPart(const storage::v1::Part& part);
int64_t SumOf(const google::protobuf::RepeatedPtrField<storage::v1::Part>& parts);

template <class To, class From>
void SetParts(To& to, const From& from) {
  for (const auto& part : from) *to.Add() = ToPart(part);
}

v1::MemberAccess ToAccess(const MemberAccess& access);
v1::MemberAccess ToAccess(const storage::v1::MemberAccess& access);

// What the gate said in this entry about the action that was asked for: a denial, or that it may.
v1::Decision ToDecision(const storage::v1::Entry& entry);
v1::Decision ToDenial(const storage::v1::ActionDenied& denied, Position position);

// Of an entry that placed one.
v1::Hold ToPlacedHold(const storage::v1::Entry& entry);
v1::Hold ToHold(const Hold& hold, const std::string& currency);

v1::PricedUsage ToUsage(const storage::v1::MeteredQuantity& metered);
// Of an entry that captured a hold or charged usage.
v1::Charge ToCharge(const storage::v1::Entry& entry);

v1::Credit ToCredit(const storage::v1::CreditGranted& granted, const std::string& granted_by);
v1::Credit ToCredit(const Credit& credit, const BillingAccountId& account, const std::string& currency);
v1::Balance ToBalance(const BillingAccountId& account, const std::string& currency, const Balance& balance,
                      Position position, absl::Time time);

v1::LimitIncrease ToIncrease(const LimitIncrease& increase, const std::string& currency);
// As it was asked for.
v1::LimitIncrease ToIncrease(const storage::v1::LimitIncreaseRequested& requested, int64_t commit_time);

}  // namespace bursar
