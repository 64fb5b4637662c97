#include "bench/day/population.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/day/random.h"

namespace bursar::day {
namespace {

constexpr const char* kFirstNames[] = {"Amara",   "Bela",  "Chidi",  "Dana",    "Elif",   "Farid",  "Greta",  "Hana",
                                       "Imre",    "Jonas", "Kavya",  "Lucia",   "Mateo",  "Nadia",  "Oskar",  "Priya",
                                       "Quentin", "Rosa",  "Samir",  "Tomasz",  "Uma",    "Vera",   "Wei",    "Ximena",
                                       "Yusuf",   "Zofia", "Anders", "Beatriz", "Carlos", "Dmitri", "Esther", "Felix",
                                       "Gulnara", "Hiro",  "Ines",   "Jamal",   "Katrin", "Leila",  "Magnus", "Noor"};
constexpr const char* kLastNames[] = {
    "Abara",  "Brandt",    "Castillo", "Dvorak", "Eriksen", "Fontaine", "Garcia",  "Haddad",  "Ivanov",    "Jensen",
    "Kimura", "Lindqvist", "Moreau",   "Nakata", "Okafor",  "Petrov",   "Quiroga", "Rahman",  "Silva",     "Tanaka",
    "Ueda",   "Varga",     "Weber",    "Xu",     "Yilmaz",  "Zeman",    "Almeida", "Bauer",   "Chowdhury", "Duarte",
    "Egan",   "Farkas",    "Gruber",   "Hassan", "Iqbal",   "Joshi",    "Keller",  "Laurent", "Mbeki",     "Novak"};

constexpr int64_t kGib = 1024;  // MiB

Currency DrawCurrency(Random& random) {
  const int64_t draw = random.Below(100);
  return draw < 90 ? Currency::kUsd : (draw < 96 ? Currency::kGbp : Currency::kEur);
}

Contact DrawContact(Random& random) {
  const int64_t draw = random.Below(100);
  if (draw < 2) return Contact::kDeclines;
  if (draw < 12) return Contact::kNeverConfirms;
  if (draw < 16) return Contact::kConfirmsSecondMail;
  return draw < 17 ? Contact::kConfirmsTwice : Contact::kConfirms;
}

// "amara.abara", then "amara.abara2", ...
std::string Numbered(const std::string& base, absl::flat_hash_set<std::string>& taken) {
  std::string handle = base;
  for (int number = 2; !taken.insert(handle).second; ++number) handle = absl::StrCat(base, number);
  return handle;
}

Partner DrawPartner(Random& random) {
  const int64_t draw = random.Below(100);
  if (draw < 35) return Partner::kCampus;
  return draw < 90 ? Partner::kSjCloud : Partner::kBiobank;
}

// Two of a hundred payers have nearly used up what they may spend. They are organizations, one in nine of them: people
// have at least their promotion left.
constexpr int64_t kOrganizationsPerNearlySpent = 9;

std::vector<Person> MakePeople(Random random, int64_t count) {
  std::vector<Person> people;
  absl::flat_hash_set<std::string> taken;
  for (int64_t i = 0; i < count; ++i) {
    Person person;
    const std::string first = kFirstNames[random.Below(std::size(kFirstNames))];
    const std::string last = kLastNames[random.Below(std::size(kLastNames))];
    person.handle = Numbered(absl::AsciiStrToLower(absl::StrCat(first, ".", last)), taken);
    person.name = absl::StrCat(first, " ", last);
    person.partner = DrawPartner(random);
    person.currency = DrawCurrency(random);
    person.contact = DrawContact(random);
    person.limit_micros = FromUsd(5 * random.Between(10, 50) * kUnit, person.currency);
    people.push_back(std::move(person));
  }
  return people;
}

std::vector<Organization> MakeOrganizations(Random random, Scale scale) {
  std::vector<Organization> organizations;
  absl::flat_hash_set<std::string> taken;
  const int64_t count = std::max<int64_t>(3, scale.Of(900));
  for (Payer i = 0; i < count; ++i) {
    Organization organization;
    const std::string last = kLastNames[random.Below(std::size(kLastNames))];
    organization.handle = Numbered(absl::AsciiStrToLower(absl::StrCat(last, "-lab")), taken);
    organization.name = absl::StrCat(last, " Lab");
    organization.currency = DrawCurrency(random);
    organization.hides_admins = random.Chance(1, 10);
    organization.contact = DrawContact(random);
    const int64_t usual = random.LogNormal(5'000, 80'000);
    const bool nearly_spent = random.Chance(1, kOrganizationsPerNearlySpent);
    const int64_t limit = nearly_spent ? random.Between(5, 20) : std::max<int64_t>(usual, 100);
    organization.limit_micros = FromUsd(limit * kUnit, organization.currency);
    // Those who may spend more do more, though not in proportion.
    int64_t root = 1;
    while (root * root < usual) ++root;
    organization.activity = root * random.LogNormal(100, 300);
    organizations.push_back(std::move(organization));
  }
  Organization& institute = organizations[kInstitute];
  institute = {.handle = "northfield-institute", .name = "Northfield Institute", .currency = Currency::kUsd};
  institute.limit_micros = scale.Of(1'500'000) * kUnit;
  Organization& sponsor = organizations[kSponsor];
  sponsor = {.handle = "open-genomes", .name = "Open Genomes Programme", .currency = Currency::kUsd};
  sponsor.limit_micros = scale.Of(500'000) * kUnit;
  return organizations;
}

// Hands out the people, most of them once, so that in the end 15 of 100 sit in two organizations or more.
class Seating {
 public:
  Seating(Random random, size_t people) : random_(random) {
    for (uint32_t i = 0; i < people; ++i) unseated_.push_back(i);
    random_.Shuffle(unseated_);
  }

  // Never the same person twice in one organization.
  std::optional<uint32_t> Next(const std::vector<Seat>& here) {
    const bool again = unseated_.empty() || (!seated_.empty() && random_.Chance(13, 100));
    if (again) {
      const uint32_t person = seated_[random_.Below(static_cast<int64_t>(seated_.size()))];
      const bool sits = std::any_of(here.begin(), here.end(), [&](const Seat& seat) { return seat.person == person; });
      return sits ? std::nullopt : std::optional<uint32_t>(person);
    }
    seated_.push_back(unseated_.back());
    unseated_.pop_back();
    return seated_.back();
  }

 private:
  Random random_;
  std::vector<uint32_t> unseated_;
  std::vector<uint32_t> seated_;
};

void FillSeats(Random random, Population& population) {
  Seating seating(Random(random.Next()), population.people.size());
  const auto most = static_cast<int64_t>(std::max<size_t>(3, population.people.size() / 4));
  for (Payer payer = 0; payer < population.organizations.size(); ++payer) {
    Organization& organization = population.organizations[payer];
    int64_t members = std::clamp<int64_t>(random.LogNormal(6, 25), 2, std::min<int64_t>(400, most));
    if (payer == kInstitute) members = std::min<int64_t>(400, most);
    const int64_t admins = random.Between(1, 3);
    for (int64_t seat = 0; seat < members; ++seat) {
      const std::optional<uint32_t> person = seating.Next(organization.seats);
      if (!person.has_value()) continue;
      const bool founder = organization.seats.empty();
      const bool may_bill = founder || random.Chance(60, 100);
      organization.seats.push_back({.person = *person, .admin = founder || seat < admins, .may_bill = may_bill});
      std::optional<Payer>& employer = population.people[*person].employer;
      if (may_bill && !employer.has_value()) employer = payer;
    }
  }
}

// One in ten is an employee. Whoever is let spend by an organization seldom wants a billing account of its own as well;
// of the others, one in ten is helped.
void ChooseRoutes(Random random, std::vector<Person>& people) {
  for (Person& person : people) {
    if (random.Chance(1, 10)) {
      person.route = Route::kInternal;
    } else if (!person.employer.has_value() || random.Chance(1, 9)) {
      person.route = random.Chance(1, 10) ? Route::kAssisted : Route::kForm;
    }
  }
}

// One in two hundred registers a second time, and has two promises then.
void AddTwins(Random random, std::vector<Person>& people) {
  const auto count = static_cast<int64_t>(people.size());
  for (int64_t draws = std::max<int64_t>(1, count / 10); draws > 0; --draws) {
    const auto first = static_cast<uint32_t>(random.Below(count));
    const bool suits = people[first].route == Route::kForm && people[first].contact == Contact::kConfirms;
    const bool has_one = std::any_of(people.begin() + count, people.end(),
                                     [first](const Person& twin) { return twin.twin_of == first; });
    if (!suits || has_one || static_cast<int64_t>(people.size()) - count >= std::max<int64_t>(1, count / 200)) continue;
    Person twin = people[first];
    twin.handle += ".second";
    twin.employer.reset();
    twin.twin_of = first;
    people.push_back(std::move(twin));
  }
}

void AddProject(Random& random, Population& population, Payer payer, uint32_t owner) {
  const bool holds_data = random.Chance(60, 100);
  const int64_t stored = random.LogNormal(5 * 57 * kGib, 100 * 57 * kGib);
  const bool archived = random.Chance(30, 100);
  population.projects.push_back(
      {.payer = payer, .owner = owner, .stored_mib = holds_data ? stored : 0, .archived = archived});
}

void OpenProjects(Random random, Population& population) {
  for (Payer payer = 0; payer < population.organizations.size(); ++payer) {
    std::vector<uint32_t> owners;
    for (const Seat& seat : population.organizations[payer].seats) {
      if (seat.may_bill) owners.push_back(seat.person);
    }
    // Median 8, 99 of 100 below 200.
    const int64_t projects = std::clamp<int64_t>(random.LogNormal(8, 78), 1, 300);
    for (int64_t i = 0; i < projects && population.IsSetUp(payer); ++i) {
      AddProject(random, population, payer, owners[random.Below(static_cast<int64_t>(owners.size()))]);
    }
  }
  for (uint32_t person = 0; person < population.people.size(); ++person) {
    const Payer payer = population.PayerOf(person);
    if (population.IsSetUp(payer)) AddProject(random, population, payer, person);
  }
}

}  // namespace

int64_t Scale::Of(int64_t medium) const { return std::max<int64_t>(1, medium * thousandths / 1000); }

std::string Population::AccountId(Payer payer) const {
  return IsOrganization(payer) ? "org-" + organizations[payer].handle : "user-" + PersonOf(payer).handle;
}

uint32_t Population::OwnerOf(Payer payer) const {
  return IsOrganization(payer) ? organizations[payer].seats.front().person
                               : static_cast<uint32_t>(payer - organizations.size());
}

Currency Population::CurrencyOf(Payer payer) const {
  return IsOrganization(payer) ? organizations[payer].currency : PersonOf(payer).currency;
}

int64_t Population::LimitOf(Payer payer) const {
  return IsOrganization(payer) ? organizations[payer].limit_micros : PersonOf(payer).limit_micros;
}

bool Population::IsSetUp(Payer payer) const {
  if (RouteOf(payer) == Route::kInternal) return true;
  return HasContact(payer) && ContactOf(payer) != Contact::kNeverConfirms && ContactOf(payer) != Contact::kDeclines;
}

Contact Population::ContactOf(Payer payer) const {
  return IsOrganization(payer) ? organizations[payer].contact : PersonOf(payer).contact;
}

Population MakePopulation(uint64_t seed, Scale scale) {
  Population population{.scale = scale};
  population.people = MakePeople(Random(seed, 1), std::max<int64_t>(12, scale.Of(8'000)));
  population.organizations = MakeOrganizations(Random(seed, 2), scale);
  FillSeats(Random(seed, 3), population);
  ChooseRoutes(Random(seed, 4), population.people);
  AddTwins(Random(seed, 6), population.people);
  OpenProjects(Random(seed, 5), population);
  return population;
}

}  // namespace bursar::day
