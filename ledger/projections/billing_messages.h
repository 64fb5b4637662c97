// What people are told while who pays is being set up or changed, and of limit increases that are over: texts alone.
#pragma once

#include <string>

#include "bursar/storage/v1/events.pb.h"
#include "bursar/storage/v1/projections.pb.h"

namespace bursar {

// The link follows after the text.
storage::v1::MessageRow VerificationMail(const storage::v1::VerificationSent& sent, const storage::v1::SetupRow& setup);
storage::v1::MessageRow ReminderMail(const storage::v1::VerificationReminded& reminded,
                                     const storage::v1::SetupRow& setup, const storage::v1::LinkRow& link);

// `change`: whether another contact was asked for, rather than billing to be set up.
storage::v1::MessageRow DeclinedMessage(const storage::v1::BillingDeclined& declined,
                                        const storage::v1::SetupRow& setup, bool change);

storage::v1::MessageRow ChangeRequestedMessage(const storage::v1::BillingChangeRequested& requested);
storage::v1::MessageRow OrderChangedMessage(const storage::v1::BillingChangeApplied& applied);
storage::v1::MessageRow ContactChangedMessage(const storage::v1::BillingConfirmed& confirmed);

storage::v1::MessageRow AssistedRequestedMessage(const storage::v1::AssistedSetupRequested& requested);
storage::v1::MessageRow AssistedScheduledMessage(const storage::v1::AssistedSetupScheduled& scheduled,
                                                 const storage::v1::SetupRow& setup);
storage::v1::MessageRow AssistedMissedMessage(const storage::v1::AssistedSetupMissed& missed);

storage::v1::MessageRow IncreaseWithdrawnMessage(const storage::v1::LimitIncreaseRequested& asked);
storage::v1::MessageRow IncreaseExpiredMessage(const storage::v1::LimitIncreaseRequested& asked);
storage::v1::MessageRow IncreaseEndedMessage(const storage::v1::SpendingLimitSet& set);

// "2026-03-02 09:00 UTC".
std::string TimeText(int64_t unix_micros);

}  // namespace bursar
