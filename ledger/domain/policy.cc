#include "ledger/domain/policy.h"

namespace bursar {
namespace {

// The last one that had taken effect at `time`; of equal ones the later in the list.
template <class Dated>
const Dated* InForce(const std::vector<Dated>& versions, absl::Time time) {
  const Dated* current = nullptr;
  for (const Dated& version : versions) {
    if (version.effective_time > time) continue;
    if (current == nullptr || version.effective_time >= current->effective_time) current = &version;
  }
  return current;
}

}  // namespace

const ListedPrice* PriceList::Find(const std::string& sku, const std::string& region) const {
  auto found = prices.find({sku, region});
  if (found == prices.end()) found = prices.find({sku, ""});
  return found == prices.end() ? nullptr : &found->second;
}

const TermsVersion* Policy::CurrentTerms(Document document, absl::Time time) const {
  return InForce(document == Document::kTerms ? terms : pricing, time);
}

const CatalogueAction* Policy::FindAction(const std::string& name, absl::Time time) const {
  const ActionCatalogue* catalogue = InForce(catalogues, time);
  if (catalogue == nullptr) return nullptr;
  const auto found = catalogue->actions.find(name);
  return found == catalogue->actions.end() ? nullptr : &found->second;
}

const PriceList* Policy::PriceListAt(const std::string& currency, absl::Time time) const {
  const auto found = price_lists.find(currency);
  return found == price_lists.end() ? nullptr : InForce(found->second, time);
}

const Promotion* Policy::OpenPromotion(const std::string& partner_id, const std::string& currency,
                                       absl::Time time) const {
  const Promotion* open = nullptr;
  for (const auto& [id, promotion] : promotions) {
    if (promotion.partner_id != partner_id || promotion.currency != currency || !promotion.IsOpen(time)) continue;
    if (open == nullptr || promotion.start_time < open->start_time) open = &promotion;
  }
  return open;
}

}  // namespace bursar
