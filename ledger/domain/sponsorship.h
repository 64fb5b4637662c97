// Who pays a share of what others' actions and usage cost, and how much of one cost. Internal to the domain.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bursar/storage/v1/events.pb.h"
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

}  // namespace bursar
