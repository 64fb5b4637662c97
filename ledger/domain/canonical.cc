#include "ledger/domain/canonical.h"

#include <algorithm>
#include <concepts>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace bursar {
namespace {

// The members of each type -------------------------------------------------------------------------------------------
//
// In the order of their declarations, all of them: a member that is missing here does not compile.

template <class V, class T>
concept Of = std::same_as<std::remove_const_t<V>, T>;

// An index that follows from other members; Index() below builds it again.
template <class T>
struct Derived {
  T& value;
};
template <class T>
Derived(T&) -> Derived<T>;

auto Members(Of<IdentityProvider> auto& v) { return std::tie(v.issuer, v.internal); }
auto Members(Of<PublishPartner> auto& v) {
  return std::tie(v.partner_id, v.display_name, v.default_region, v.identity_providers);
}
auto Members(Of<Promotion> auto& v) {
  return std::tie(v.id, v.partner_id, v.amount, v.currency, v.start_time, v.end_time, v.credit_lifetime,
                  v.credit_priority);
}
auto Members(Of<TermsVersion> auto& v) { return std::tie(v.version, v.effective_time, v.url); }
auto Members(Of<CatalogueAction> auto& v) { return std::tie(v.name, v.gated, v.free, v.category); }
auto Members(Of<ActionCatalogue> auto& v) { return std::tie(v.effective_time, v.actions); }
auto Members(Of<ListedPrice> auto& v) {
  return std::tie(v.sku, v.region, v.price, v.per_quantity, v.category, v.most_quantity);
}
auto Members(Of<PriceList> auto& v) { return std::tie(v.position, v.effective_time, v.prices); }
auto Members(Of<Sponsorship> auto& v) {
  return std::tie(v.position, v.id, v.account, v.currency, v.partner_id, v.actions, v.skus, v.share_percent, v.quota,
                  v.start_time, v.end_time);
}
auto Members(Of<Policy> auto& v) {
  return std::tie(v.partners, v.promotions, v.terms, v.pricing, v.catalogues, v.price_lists, v.sponsorships);
}
auto Members(Of<Person> auto& v) { return std::tie(v.name, v.email, v.postal_address, v.phone); }
auto Members(Of<Entitlement> auto& v) {
  return std::tie(v.promotion_id, v.amount, v.currency, v.status, v.lapse_reason);
}
auto Members(Of<Identity> auto& v) { return std::tie(v.issuer, v.subject); }
auto Members(Of<User> auto& v) {
  return std::tie(v.id, v.person, v.identities, v.partner_id, v.region, v.default_payer, v.upgraded, v.entitlement,
                  v.status, v.merged_into);
}
auto Members(Of<MemberAccess> auto& v) { return std::tie(v.admin, v.allow_billable_activities); }
auto Members(Of<Organization> auto& v) {
  return std::tie(v.id, v.name, v.hides_admins, v.restricts_transfers, v.expire_time, v.members, v.invitations);
}
auto Members(Of<Project> auto& v) {
  return std::tie(v.id, v.name, v.owner, v.payer, v.region, v.offered_to, v.offered_by);
}
auto Members(Of<BillingSetup> auto& v) {
  return std::tie(v.status, v.route, v.contact, v.terms_version, v.pricing_version, v.confirmed_contact, v.selector,
                  v.secret_hash, v.sent_time, v.expire_time, v.remind_time, v.sent_at, v.confirmed_at, v.declined_at,
                  v.purchase_order, v.open_change, v.open_setup);
}
auto Members(Of<BillingChange> auto& v) {
  return std::tie(v.id, v.account, v.requester, v.contact, v.purchase_order, v.request_time);
}
auto Members(Of<TimeSlot> auto& v) { return std::tie(v.start, v.end); }
auto Members(Of<LinkSeed> auto& v) { return std::tie(v.selector, v.secret_hash); }
auto Members(Of<AssistedSetup> auto& v) {
  return std::tie(v.id, v.account, v.requester, v.contact, v.slots, v.status, v.slot, v.link, v.terms_version,
                  v.pricing_version);
}
auto Members(Of<Credit> auto& v) {
  return std::tie(v.id, v.granted, v.available, v.held, v.charged, v.expired, v.revoked, v.moved, v.origin, v.priority,
                  v.effective_time, v.expire_time, v.actions, v.reason, v.granted_by, v.over, v.taken_back);
}
auto Members(Of<Balance> auto& v) {
  return std::tie(v.credits, v.limit, v.outstanding, v.held_on_limit, v.charged_by_category);
}
auto Members(Of<Window> auto& v) { return std::tie(v.start, v.end); }
auto Members(Of<BudgetScope> auto& v) { return std::tie(v.member, v.project, v.category); }
auto Members(Of<Budget> auto& v) {
  return std::tie(v.id, v.scope, v.limit, v.period, v.time_zone, v.window, v.used, v.held);
}
auto Members(Of<BillingAccount> auto& v) {
  return std::tie(v.id, v.currency, v.setup, v.balance, v.merged_into, v.budgets, v.open_increase, v.ending_increase,
                  v.funds_base, v.crossed_percent, v.remainders, v.charged_by_day);
}
auto Members(Of<PurchaseOrder> auto& v) {
  return std::tie(v.id, v.number, v.platform_id, v.value, v.currency, v.document, v.record_time, v.account, v.increase);
}
auto Members(Of<SponsoredHold> auto& v) { return std::tie(v.sponsorship_id, v.account, v.parts, v.month); }
auto Members(Of<Hold> auto& v) {
  return std::tie(v.id, v.account, v.user, v.project, v.action, v.category, v.parts, v.sponsored, v.captured,
                  v.cost_limit, v.budgets, v.expire_time, v.terminating);
}
auto Members(Of<ExpiredHold> auto& v) {
  return std::tie(v.account, v.user, v.project, v.action, v.category, v.late_until);
}
auto Members(Of<Metered> auto& v) { return std::tie(v.sku, v.region, v.quantity, v.usage_time); }
auto Members(Of<QuarantinedUsage> auto& v) {
  return std::tie(v.id, v.account, v.user, v.project, v.metered, v.problem, v.record_time);
}
auto Members(Of<SponsorUse> auto& v) { return std::tie(v.month, v.used, v.held); }
auto Members(Of<Due> auto& v) { return std::tie(v.time, v.kind, v.number); }
auto Members(Of<LimitIncrease> auto& v) {
  return std::tie(v.id, v.account, v.requester, v.requested_limit, v.limit_at_request, v.approved_limit,
                  v.purchase_order, v.reason, v.decided_by, v.decision_note, v.request_time, v.decision_time,
                  v.expire_time, v.end_time, v.limit_afterwards, v.status);
}
auto Members(Of<RecentDenial> auto& v) { return std::tie(v.position, v.time); }
auto Members(Of<State> auto& v) {
  return std::tuple_cat(
      std::tie(v.position, v.time, v.had_manual_clock, v.policy, v.users), std::tuple(Derived{v.user_of_email}),
      std::tuple(Derived{v.user_of_identity}), std::tie(v.organizations, v.accounts, v.projects),
      std::tuple(Derived{v.account_of_credit}), std::tie(v.holds, v.expired_holds), std::tuple(Derived{v.spent_holds}),
      std::tie(v.increases), std::tuple(Derived{v.account_of_budget}),
      std::tie(v.billing_changes, v.assisted_setups, v.account_of_reminder), std::tuple(Derived{v.account_of_link}),
      std::tie(v.purchase_orders), std::tuple(Derived{v.order_of_number}), std::tuple(Derived{v.waiting_orders}),
      std::tie(v.quarantined, v.sponsored, v.reversed, v.recent_denials, v.due), std::tuple(Derived{v.denials_by_age}),
      std::tie(v.expired_holds_by_age));
}

// Builds what is Derived from what it is derived from.
void Index(State& state) {
  for (const auto& [id, user] : state.users) {
    state.user_of_email[absl::AsciiStrToLower(user.person.email)] = state.Present(id);
    for (const Identity& identity : user.identities) state.user_of_identity[{identity.issuer, identity.subject}] = id;
  }
  state.account_of_credit.reserve(state.accounts.size());
  for (const auto& [id, account] : state.accounts) {
    if (!account.setup.selector.empty()) state.account_of_link[account.setup.selector] = id;
    for (const Budget& budget : account.budgets) state.account_of_budget[budget.id] = id;
    for (const Credit& credit : account.balance.credits) {
      // What has moved stands in the account that it moved to as well.
      if (credit.moved == Money()) state.account_of_credit[credit.id] = id;
    }
  }
  for (const auto& [id, hold] : state.holds) {
    if (hold.IsSpent()) state.spent_holds.emplace(hold.account, id);
  }
  for (const auto& [id, order] : state.purchase_orders) {
    state.order_of_number[{order.platform_id, order.number}] = id;
    if (order.increase.empty()) state.waiting_orders.emplace(order.platform_id, id);
  }
  for (const auto& [key, denial] : state.recent_denials) state.denials_by_age.emplace(denial.time, key);
}

// What kinds of types there are --------------------------------------------------------------------------------------

template <class T>
concept Listed = requires(T& v) {
  Members(v);
};

template <class T>
concept Id = requires(const T& v) {
  { v.text() } -> std::same_as<const std::string&>;
  T::Trusted(std::string());
};
template <class T>
concept Numbered = requires(const T& v) {
  { v.number() } -> std::same_as<uint64_t>;
};
// Of sets and maps, hashed ones have to be sorted.
template <class T>
concept Set = requires {
  typename T::key_type;
};
template <class T>
concept Map = Set<T> && requires {
  typename T::mapped_type;
};
template <class T>
concept Hashed = Set<T> && requires {
  typename T::hasher;
};
template <class T>
concept Sequence = !Set<T> && !std::same_as<T, std::string> && requires(T & v) {
  v.emplace_back();
};

template <class T>
struct Unwrapped {
  using Type = std::remove_cvref_t<T>;
};
template <class T>
struct Unwrapped<Derived<T>> {
  using Type = std::remove_cvref_t<T>;
};

// Whether the list names all members in their order: they initialize the type, and there is no room for one more.
template <class T, class... Values>
consteval bool NamesAll(std::tuple<Values...>*) {
  const bool in_order = requires { T{std::declval<typename Unwrapped<Values>::Type>()...}; };
  const bool one_more = requires { T{std::declval<typename Unwrapped<Values>::Type>()..., {}}; };
  return in_order && !one_more;
}
template <Listed T>
constexpr bool kNamesAll = NamesAll<T>(static_cast<decltype(Members(std::declval<T&>()))*>(nullptr));

// Writing ------------------------------------------------------------------------------------------------------------

constexpr size_t kPiece = 256 << 10;

class Writer {
 public:
  enum class Indices { kWritten, kLeftOut };

  Writer(const std::function<absl::Status(absl::string_view)>& sink, Indices indices) : sink_(sink), indices_(indices) {
    piece_.reserve(kPiece + 64);
  }

  template <Listed T>
  void Put(const T& value) {
    static_assert(kNamesAll<T>, "Members() does not name all members in the order of their declarations.");
    std::apply([this](const auto&... members) { (Put(members), ...); }, Members(value));
  }
  absl::Status Finish() {
    Flush();
    return status_;
  }

 private:
  void Flush() {
    if (status_.ok() && !piece_.empty()) status_ = sink_(piece_);
    piece_.clear();
  }

  // Seven bits a byte, the lowest first; the top bit says that more follow.
  void Number(uint64_t value) {
    while (value >= 0x80) {
      piece_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    piece_.push_back(static_cast<char>(value));
    if (piece_.size() >= kPiece) Flush();
  }
  // Small numbers of either sign are short.
  void Signed(int64_t value) { Number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }

  template <class T>
  void Put(const Derived<T>& index) {
    if (indices_ == Indices::kWritten) Put(index.value);
  }
  void Put(const std::string& text) {
    Number(text.size());
    piece_ += text;
  }
  template <std::unsigned_integral T>
  void Put(T value) {
    Number(value);
  }
  template <std::signed_integral T>
  void Put(T value) {
    Signed(value);
  }
  template <class T>
  requires std::is_enum_v<T>
  void Put(T value) { Signed(static_cast<int64_t>(value)); }
  void Put(Money value) { Signed(value.micros()); }
  // The infinite ones saturate.
  void Put(absl::Duration value) { Signed(absl::ToInt64Microseconds(value)); }
  void Put(absl::Time value) { Signed(absl::ToUnixMicros(value)); }
  template <Id T>
  void Put(const T& id) {
    Put(id.text());
  }
  template <Numbered T>
  void Put(T id) {
    Number(id.number());
  }
  template <class First, class Second>
  void Put(const std::pair<First, Second>& pair) {
    Put(pair.first);
    Put(pair.second);
  }
  template <class Value>
  void Put(const std::optional<Value>& value) {
    Put(value.has_value());
    if (value.has_value()) Put(*value);
  }
  template <class T>
  requires Sequence<T> ||(Set<T> && !Hashed<T>)void Put(const T& values) {
    Number(values.size());
    for (const auto& value : values) Put(value);
  }
  template <Hashed T>
  void Put(const T& values) {
    std::vector<const typename T::value_type*> sorted;
    sorted.reserve(values.size());
    for (const auto& value : values) sorted.push_back(&value);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return KeyOf(*a) < KeyOf(*b); });
    Number(sorted.size());
    for (const auto* value : sorted) Put(*value);
  }
  template <class Key>
  static const Key& KeyOf(const Key& key) {
    return key;
  }
  template <class Key, class Value>
  static const Key& KeyOf(const std::pair<const Key, Value>& entry) {
    return entry.first;
  }

  const std::function<absl::Status(absl::string_view)>& sink_;
  const Indices indices_;
  std::string piece_;
  absl::Status status_;
};

// Reading ------------------------------------------------------------------------------------------------------------

// After the first mistake everything that is read is zero and empty, and Finish says what was wrong.
class Reader {
 public:
  explicit Reader(const std::function<absl::string_view()>& next) : next_(next) {}

  template <Listed T>
  void Get(T& value) {
    std::apply([this](auto&&... members) { (Get(members), ...); }, Members(value));
  }
  absl::Status Finish() {
    if (wrong_.empty() && More()) wrong_ = "they go on beyond their end";
    if (wrong_.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("The bytes are no state: ", wrong_, "."));
  }

 private:
  bool More() {
    if (piece_.empty()) piece_ = next_();
    return !piece_.empty();
  }
  void Wrong(const char* what) {
    if (wrong_.empty()) wrong_ = what;
  }

  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!wrong_.empty()) return 0;
      if (!More()) {
        Wrong("they end early");
        return 0;
      }
      const auto byte = static_cast<unsigned char>(piece_[0]);
      piece_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      const bool overlong = (byte == 0 && shift > 0) || (shift == 63 && byte > 1);
      if (overlong) break;
      if (byte < 0x80) return value;
    }
    Wrong("a number is too long");
    return 0;
  }
  template <class T, class Wide>
  T Narrowed(Wide value) {
    if (!std::in_range<T>(value)) Wrong("a number does not fit");
    return static_cast<T>(value);
  }
  bool Truth() {
    const uint64_t value = Number();
    if (value > 1) Wrong("what is true or false is neither");
    return value == 1;
  }
  int64_t Signed() {
    const uint64_t value = Number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  template <class T>
  void Get(Derived<T>& /*index*/) {}
  // Grows with the bytes that come, whatever length was promised.
  void Get(std::string& text) {
    uint64_t left = Number();
    while (left > 0 && wrong_.empty()) {
      if (!More()) return Wrong("they end early");
      const size_t part = std::min<uint64_t>(left, piece_.size());
      text.append(piece_.data(), part);
      piece_.remove_prefix(part);
      left -= part;
    }
  }
  void Get(bool& value) { value = Truth(); }
  template <std::unsigned_integral T>
  void Get(T& value) {
    value = Narrowed<T>(Number());
  }
  template <std::signed_integral T>
  void Get(T& value) {
    value = Narrowed<T>(Signed());
  }
  template <class T>
  requires std::is_enum_v<T>
  void Get(T& value) { value = static_cast<T>(Narrowed<std::underlying_type_t<T>>(Signed())); }
  void Get(Money& value) { value = Money::Micros(Signed()); }
  void Get(absl::Duration& value) {
    const int64_t micros = Signed();
    value = micros == INT64_MAX   ? absl::InfiniteDuration()
            : micros == INT64_MIN ? -absl::InfiniteDuration()
                                  : absl::Microseconds(micros);
  }
  void Get(absl::Time& value) {
    const int64_t micros = Signed();
    value = micros == INT64_MAX   ? absl::InfiniteFuture()
            : micros == INT64_MIN ? absl::InfinitePast()
                                  : absl::FromUnixMicros(micros);
  }
  template <Id T>
  void Get(T& id) {
    std::string text;
    Get(text);
    id = T::Trusted(std::move(text));
  }
  template <Numbered T>
  void Get(T& id) {
    id = T(Number());
  }
  template <class First, class Second>
  void Get(std::pair<First, Second>& pair) {
    Get(pair.first);
    Get(pair.second);
  }
  template <class Value>
  void Get(std::optional<Value>& value) {
    if (Truth()) Get(value.emplace());
  }
  template <Sequence T>
  void Get(T& values) {
    for (uint64_t left = Number(); left > 0 && wrong_.empty(); --left) Get(values.emplace_back());
  }
  template <Map T>
  void Get(T& values) {
    for (uint64_t left = Number(); left > 0 && wrong_.empty(); --left) {
      typename T::key_type key;
      Get(key);
      const auto [entry, added] = values.try_emplace(std::move(key));
      if (!added) return Wrong("something stands there twice");
      Get(entry->second);
    }
  }
  template <Set T>
  requires(!Map<T>) void Get(T& values) {
    for (uint64_t left = Number(); left > 0 && wrong_.empty(); --left) {
      typename T::key_type key;
      Get(key);
      if (!values.insert(std::move(key)).second) return Wrong("something stands there twice");
    }
  }

  const std::function<absl::string_view()>& next_;
  absl::string_view piece_;
  std::string wrong_;
};

// Saying what is written
// -----------------------------------------------------------------------------------------------

template <class T>
struct IsDerived : std::false_type {};
template <class T>
struct IsDerived<Derived<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsPair : std::false_type {};
template <class First, class Second>
struct IsPair<std::pair<First, Second>> : std::true_type {};

template <class T>
std::string LayoutOf();

template <class... Values>
std::string LayoutOfMembers(std::tuple<Values...>*) {
  return absl::StrCat("(", LayoutOf<Values>()..., ")");
}

template <class Reference>
std::string LayoutOf() {
  using T = std::remove_cvref_t<Reference>;
  if constexpr (Listed<T>) {
    return LayoutOfMembers(static_cast<decltype(Members(std::declval<T&>()))*>(nullptr));
  } else if constexpr (IsDerived<T>::value) {
    return "";
  } else if constexpr (Map<T>) {
    return absl::StrCat("{", LayoutOf<typename T::key_type>(), ":", LayoutOf<typename T::mapped_type>(), "}");
  } else if constexpr (Set<T>) {
    return absl::StrCat("{", LayoutOf<typename T::key_type>(), "}");
  } else if constexpr (Sequence<T>) {
    return absl::StrCat("[", LayoutOf<typename T::value_type>(), "]");
  } else if constexpr (IsOptional<T>::value) {
    return absl::StrCat("?", LayoutOf<typename T::value_type>());
  } else if constexpr (IsPair<T>::value) {
    return absl::StrCat("(", LayoutOf<typename T::first_type>(), LayoutOf<typename T::second_type>(), ")");
  } else if constexpr (std::same_as<T, std::string> || Id<T>) {
    return "s";
  } else if constexpr (std::same_as<T, Money>) {
    return "m";
  } else if constexpr (std::same_as<T, absl::Time> || std::same_as<T, absl::Duration>) {
    return "t";
  } else if constexpr (std::is_enum_v<T>) {
    return "e";
  } else {
    static_assert(std::integral<T> || Numbered<T>);
    return "n";
  }
}

}  // namespace

absl::Status WriteState(const State& state, const std::function<absl::Status(absl::string_view piece)>& sink) {
  Writer writer(sink, Writer::Indices::kLeftOut);
  writer.Put(state);
  return writer.Finish();
}

absl::StatusOr<State> ReadState(const std::function<absl::string_view()>& next) {
  Reader reader(next);
  absl::StatusOr<State> state = State();
  reader.Get(*state);
  if (absl::Status read = reader.Finish(); !read.ok()) return read;
  Index(*state);
  return state;
}

absl::StatusOr<State> ReadState(absl::string_view bytes) {
  return ReadState([&bytes] { return std::exchange(bytes, absl::string_view()); });
}

std::string StateLayout() { return LayoutOf<State>(); }

std::string State::Canonical() const {
  std::string bytes;
  const std::function<absl::Status(absl::string_view)> keep = [&bytes](absl::string_view piece) {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  };
  Writer writer(keep, Writer::Indices::kWritten);
  writer.Put(*this);
  BURSAR_CHECK(writer.Finish().ok());
  return bytes;
}

}  // namespace bursar
