#include "bench/day/population.h"

#include <algorithm>
#include <map>
#include <set>

#include "gmock/gmock.h"

namespace bursar::day {
namespace {

class MediumPopulation : public testing::Test {
 protected:
  static void SetUpTestSuite() { population_ = new Population(MakePopulation(42, Scale{})); }
  static void TearDownTestSuite() { delete population_; }

  static const Population& population() { return *population_; }
  // How many of a thousand accounts are like this.
  template <class Like>
  static int64_t PeoplePerThousand(const Like& like) {
    const auto& people = population().people;
    return std::count_if(people.begin(), people.end(), like) * 1000 / static_cast<int64_t>(people.size());
  }

 private:
  static Population* population_;
};

Population* MediumPopulation::population_ = nullptr;

TEST_F(MediumPopulation, HasItsPeopleAndOrganizations) {
  EXPECT_EQ(population().people.size(), 8'040u);
  const auto twins = std::count_if(population().people.begin(), population().people.end(),
                                   [](const Person& person) { return person.twin_of.has_value(); });
  EXPECT_EQ(twins, 40);
  EXPECT_EQ(population().organizations.size(), 900u);
}

TEST_F(MediumPopulation, HandlesAreUnique) {
  std::set<std::string> accounts;
  for (Payer payer = 0; payer < population().payers(); ++payer) accounts.insert(population().AccountId(payer));
  EXPECT_EQ(accounts.size(), population().payers());
}

TEST_F(MediumPopulation, OrganizationsHaveSixMembersInTheMedian) {
  std::vector<size_t> sizes;
  for (const Organization& organization : population().organizations) sizes.push_back(organization.seats.size());
  std::sort(sizes.begin(), sizes.end());
  EXPECT_THAT(sizes[450], testing::AllOf(testing::Ge(5u), testing::Le(7u)));
  EXPECT_THAT(sizes[855], testing::AllOf(testing::Ge(20u), testing::Le(30u)));
}

TEST_F(MediumPopulation, NobodySitsTwiceInOneOrganization) {
  for (const Organization& organization : population().organizations) {
    std::set<uint32_t> members;
    for (const Seat& seat : organization.seats) members.insert(seat.person);
    EXPECT_EQ(members.size(), organization.seats.size()) << organization.handle;
  }
}

TEST_F(MediumPopulation, FoundersAreAdminsWhoMayBill) {
  for (const Organization& organization : population().organizations) {
    ASSERT_FALSE(organization.seats.empty());
    EXPECT_TRUE(organization.seats.front().admin && organization.seats.front().may_bill);
  }
}

TEST_F(MediumPopulation, FifteenOfAHundredAreInTwoOrganizationsOrMore) {
  std::map<uint32_t, int> seats;
  for (const Organization& organization : population().organizations) {
    for (const Seat& seat : organization.seats) ++seats[seat.person];
  }
  const auto several = std::count_if(seats.begin(), seats.end(), [](const auto& person) { return person.second > 1; });
  EXPECT_NEAR(static_cast<double>(several) / 8'000, 0.13, 0.05);
}

TEST_F(MediumPopulation, ConfirmsAsContactsDo) {
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.contact == Contact::kNeverConfirms; }), 100, 15);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.contact == Contact::kDeclines; }), 20, 8);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.contact == Contact::kConfirmsSecondMail; }), 40, 10);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.contact == Contact::kConfirmsTwice; }), 10, 5);
}

TEST_F(MediumPopulation, GoesItsRoutes) {
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.route == Route::kForm; }), 450, 50);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.route == Route::kOrganization; }), 400, 50);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.route == Route::kAssisted; }), 50, 10);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.route == Route::kInternal; }), 100, 15);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.partner == Partner::kCampus; }), 350, 25);
  EXPECT_NEAR(PeoplePerThousand([](const Person& p) { return p.currency != Currency::kUsd; }), 100, 15);
}

TEST_F(MediumPopulation, ProjectsBelongToThoseWhoMayBill) {
  for (const Project& project : population().projects) {
    ASSERT_TRUE(population().IsSetUp(project.payer));
    if (!population().IsOrganization(project.payer)) {
      EXPECT_EQ(population().OwnerOf(project.payer), project.owner);
      continue;
    }
    const auto& seats = population().organizations[project.payer].seats;
    EXPECT_TRUE(std::any_of(seats.begin(), seats.end(),
                            [&](const Seat& seat) { return seat.person == project.owner && seat.may_bill; }));
  }
}

TEST(Population, TheSmallestHasAnInstituteToo) {
  const Population population = MakePopulation(1, Scale{.thousandths = 1});
  EXPECT_GE(population.people.size(), 12u);
  EXPECT_TRUE(population.IsSetUp(kInstitute));
  EXPECT_TRUE(population.IsSetUp(kSponsor));
  EXPECT_FALSE(population.projects.empty());
}

}  // namespace
}  // namespace bursar::day
