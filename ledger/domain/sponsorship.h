// Who pays a share of what others' actions and usage cost, and how much of one cost.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
#include "ledger/domain/decide.h"
#include "ledger/domain/state.h"

namespace bursar {

// What is to be paid for: an action (of a hold) or a SKU (of usage); the other one is empty.
struct Sponsored {
  const User& user;
  const BillingAccount& payer;
  absl::string_view action;
  absl::string_view sku;
  // When it happens or happened.
  absl::Time time;
};

// Zero where nobody sponsors it.
struct SponsorShare {
  Money amount;
  // Live as long as the state does not change; nullptr where the amount is zero.
  const Sponsorship* sponsorship = nullptr;
  const BillingAccount* sponsor = nullptr;
  // Whose quota it counts towards.
  Window month;
};

// The sponsor's part of `cost`: its share, up to what is left of the payer's quota in this calendar month (UTC), and to
// the sponsor's own funds. Of several sponsorships that match, the one published first applies, alone.
SponsorShare ShareOf(Money cost, const Sponsored& what, const State& state, absl::Time now);

// What a quota has left for one payer; the whole of it in a month without use.
Money QuotaLeft(const Sponsorship& sponsorship, const BillingAccountId& payer, const State& state, absl::Time now);

// What of a charge the sponsor pays, as an event; the amount is more than zero. `user`, `project`, `category` and, for
// a hold, `drawn` are the caller's to fill in.
storage::v1::SponsorshipCharged ChargedTo(const SponsorShare& share, const BillingAccount& payer);

// Holds --------------------------------------------------------------------------------------------------------------
//
// Each adds to `events` what happens to the sponsor's account, and nothing where no sponsor has a part. Where a hold
// ends, its sponsor's event stands before its own: after that it is gone.

// The sponsor's part of what an open hold is to hold in addition. A hold keeps its sponsor, and the month of its quota:
// while that sponsor holds anything for it, no other one and no later month's quota pays.
SponsorShare ShareOfMore(Money additional, const Hold& hold, const State& state, absl::Time now);

// Sets the sponsor's part of a hold aside; `hold` has just been placed or extended.
void HoldShare(Events& events, const SponsorShare& share, HoldId hold, const std::string& action,
               const BillingAccount& payer, absl::Time now);

// What of a captured cost the sponsor of the hold pays: its share, up to what it holds.
Money CapturedShare(Money cost, const Hold& hold, const State& state);

// The sponsor pays `amount` of what it holds, and has the rest back where the capture is the last one.
void CaptureShare(Events& events, Money amount, bool last, const std::string& category, const Hold& hold,
                  const State& state);

// All that the sponsor holds goes back.
void ReturnShare(Events& events, const Hold& hold, const State& state);

// Adds what people are to notice of the sponsor's part in `events`, which are one hold's or one charge's; nothing where
// there is none.
void NoticeSponsor(Events& events, const State& state, absl::Time now);

}  // namespace bursar
