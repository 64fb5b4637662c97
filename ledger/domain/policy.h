// Dated policy: partners, promotions, terms, action catalogues and price lists, looked up by the time they apply to.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "ledger/base/ids.h"
#include "ledger/domain/commands.h"
#include "ledger/domain/money.h"

namespace bursar {

struct Promotion {
  std::string id;
  std::string partner_id;
  Money amount;
  std::string currency;
  absl::Time start_time;
  absl::Time end_time;             // InfiniteFuture: never
  absl::Duration credit_lifetime;  // zero: never expires
  int32_t credit_priority = 0;

  bool IsOpen(absl::Time now) const { return start_time <= now && now < end_time; }
};

struct TermsVersion {
  std::string version;
  absl::Time effective_time;
  std::string url;
};

struct ActionCatalogue {
  absl::Time effective_time;
  absl::flat_hash_map<std::string, CatalogueAction> actions;
};

struct PriceList {
  Position position = 0;
  absl::Time effective_time;
  // By SKU and region; the region is empty for every region without a row of its own.
  absl::flat_hash_map<std::pair<std::string, std::string>, ListedPrice> prices;

  // nullptr where the SKU has no price there.
  const ListedPrice* Find(const std::string& sku, const std::string& region) const;
};

struct Sponsorship {
  Position position = 0;  // of the entry that published it
  std::string id;
  BillingAccountId account;
  std::string currency;
  std::string partner_id;            // empty: users of all partners
  std::vector<std::string> actions;  // of holds
  std::vector<std::string> skus;     // of usage
  int32_t share_percent = 100;
  Money quota;  // for one payer in one calendar month (UTC)
  absl::Time start_time;
  absl::Time end_time;  // InfiniteFuture: never

  bool IsOpen(absl::Time now) const { return start_time <= now && now < end_time; }
};

// Each look-up gives what applied at `time`, nullptr where nothing did yet. Of two that took effect at the same
// time the one published later applies.
struct Policy {
  std::map<std::string, PublishPartner> partners;
  std::map<std::string, Promotion> promotions;
  std::vector<TermsVersion> terms;
  std::vector<TermsVersion> pricing;
  std::vector<ActionCatalogue> catalogues;
  std::map<std::string, std::vector<PriceList>> price_lists;  // by currency
  std::map<std::string, Sponsorship> sponsorships;

  const TermsVersion* CurrentTerms(Document document, absl::Time time) const;
  const CatalogueAction* FindAction(const std::string& name, absl::Time time) const;
  const PriceList* PriceListAt(const std::string& currency, absl::Time time) const;
  // The promotion of a partner, in a currency, that is open at `time`; the one that started first, where there are
  // several.
  const Promotion* OpenPromotion(const std::string& partner_id, const std::string& currency, absl::Time time) const;
};

}  // namespace bursar
