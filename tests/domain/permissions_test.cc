// Who may give which command: one table.
#include "ledger/domain/permissions.h"

#include "absl/strings/str_split.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::UnorderedElementsAreArray;

constexpr const char* kCallers[] = {"anonymous",   "user-ada",       "user-bob",      "user-eve",    "user-zoe",
                                    "user-nobody", "service-portal", "operator-olga", "finance-fay", "support-sam"};

struct Row {
  const char* name;
  Command command;
  // Of kCallers; "all" for everybody.
  const char* may;
};

// Ada is admin of the lab, Bob may bill to it, Eve is a member, Zoe a stranger; the project is Bob's, billed to the
// lab.
class Permissions : public testing::Test {
 protected:
  Permissions() {
    story.FundedLab();
    story.Must(Registration("zoe"));
    project = ProjectId(story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs}).position());
  }
  std::vector<std::string> MayGive(const Command& command) const {
    std::vector<std::string> may;
    for (const char* caller : kCallers) {
      if (MayCommand(story.state(), command, As(caller)).ok()) may.push_back(caller);
    }
    return may;
  }
  static std::vector<std::string> Listed(const char* may) {
    if (absl::string_view(may) == "all") return {std::begin(kCallers), std::end(kCallers)};
    return absl::StrSplit(may, ' ', absl::SkipEmpty());
  }

  Story story;
  ProjectId project;
};

TEST_F(Permissions, OfCommands) {
  GatedAction in_project = Job(kBob, Usd("1"));
  in_project.project = project;
  const Row rows[] = {
      {"PublishPartner", PublishPartner{}, "operator-olga"},
      {"PublishPromotion", PublishPromotion{}, "operator-olga"},
      {"PublishTerms", PublishTerms{}, "operator-olga"},
      {"PublishActionCatalogue", PublishActionCatalogue{}, "operator-olga"},
      {"PublishPriceList", PublishPriceList{}, "operator-olga"},
      {"RegisterUser", RegisterUser{}, "all"},
      {"CreateOrganization", CreateOrganization{.admin = kBob}, "user-bob operator-olga"},
      {"InviteMember", InviteMember{.organization = kLab, .user = kBob}, "user-ada"},
      {"InviteMember to nowhere", InviteMember{.organization = OrganizationId::OfHandle("nowhere")}, ""},
      {"AcceptInvitation", AcceptInvitation{.organization = kLab, .user = kBob}, "user-bob"},
      {"SetMemberAccess", SetMemberAccess{.organization = kLab, .user = kBob}, "user-ada"},
      {"RegisterUser with an identity", RegisterUser{.identity = {.issuer = kIssuer, .subject = "1"}},
       "service-portal support-sam"},
      {"LinkIdentity", LinkIdentity{.user = kBob}, "support-sam"},
      {"MergeUsers", MergeUsers{.from = kBob, .into = kAda}, "support-sam"},
      {"CloseUser", CloseUser{.user = kBob}, "user-bob support-sam"},
      {"RemoveMember", RemoveMember{.organization = kLab, .user = kBob}, "user-ada user-bob"},
      {"SetOrganizationSettings", SetOrganizationSettings{.organization = kLab}, "user-ada"},
      {"SetOrganizationExpiry", SetOrganizationExpiry{.organization = kLab}, "operator-olga"},
      {"SetProjectPayer by its owner", SetProjectPayer{.user = kBob, .project = project}, "user-bob"},
      {"SetProjectPayer by an admin", SetProjectPayer{.user = kAda, .project = project}, "user-ada"},
      {"SetProjectPayer by a member", SetProjectPayer{.user = kEve, .project = project}, ""},
      {"AcceptProjectTransfer", AcceptProjectTransfer{.user = kBob, .project = project}, "user-bob"},
      {"DeclineProjectTransfer by a member", DeclineProjectTransfer{.user = kEve, .project = project}, ""},
      {"SetDefaultPayer", SetDefaultPayer{.user = kBob}, "user-bob"},
      {"CreateProject", CreateProject{.user = kBob}, "user-bob service-portal"},
      {"SubmitAccountUpgrade", SubmitAccountUpgrade{.billing_account = kLabs, .user = kAda}, "user-ada"},
      {"SubmitAccountUpgrade by a member", SubmitAccountUpgrade{.billing_account = kLabs, .user = kBob}, ""},
      {"SubmitAccountUpgrade of another", SubmitAccountUpgrade{.billing_account = kBobs, .user = kAda}, ""},
      {"ResendVerification", ResendVerification{.billing_account = kLabs}, "user-ada support-sam"},
      {"ConfirmBilling", ConfirmBilling{}, "all"},
      {"RecordPayment", RecordPayment{.billing_account = kLabs}, "operator-olga finance-fay"},
      {"GrantCredit", GrantCredit{.billing_account = kLabs}, "operator-olga"},
      {"SetSpendingLimit", SetSpendingLimit{.billing_account = kLabs}, "operator-olga"},
      {"RequestLimitIncrease", RequestLimitIncrease{.billing_account = kLabs, .user = kAda}, "user-ada"},
      {"RequestLimitIncrease of one's own", RequestLimitIncrease{.billing_account = kBobs, .user = kBob}, "user-bob"},
      {"ApproveLimitIncrease", ApproveLimitIncrease{}, "operator-olga"},
      {"DenyLimitIncrease", DenyLimitIncrease{}, "operator-olga"},
      {"Check", Check{.action = Job(kBob, Usd("1"))}, "user-bob service-portal"},
      {"Check in a project", Check{.action = in_project}, "user-bob service-portal"},
      {"PlaceHold", PlaceHold{.action = Job(kBob, Usd("1"))}, "user-bob service-portal"},
      {"ExtendHold", ExtendHold{}, "service-portal"},
      {"CaptureHold", CaptureHold{}, "service-portal"},
      {"ReleaseHold", ReleaseHold{}, "service-portal"},
      {"RecordUsage", RecordUsage{}, "service-portal"},
      {"AdvanceClock", AdvanceClock{}, "operator-olga service-portal"},
      {"ExpireDue", ExpireDue{}, ""},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(MayGive(row.command), UnorderedElementsAreArray(Listed(row.may))) << row.name;
  }
  EXPECT_TRUE(MayCommand(story.state(), ExpireDue{}, Principal::System()).ok());
}

TEST_F(Permissions, OfReading) {
  const auto may = [](const auto& reads) {
    std::vector<std::string> callers;
    for (const char* caller : kCallers) {
      if (reads(As(caller))) callers.push_back(caller);
    }
    return callers;
  };
  const std::string staff = " service-portal operator-olga finance-fay support-sam";
  const auto listed = [&staff](const char* users) {
    return UnorderedElementsAreArray(Listed((users + staff).c_str()));
  };
  EXPECT_THAT(may([&](const Principal& who) { return MayReadAccount(story.state(), who, kLabs).ok(); }),
              listed("user-ada user-bob"));
  EXPECT_THAT(may([&](const Principal& who) { return MayReadAccount(story.state(), who, kBobs).ok(); }),
              listed("user-bob"));
  EXPECT_THAT(may([&](const Principal& who) { return MayReadOrganization(story.state(), who, kLab).ok(); }),
              listed("user-ada user-bob user-eve"));
  EXPECT_THAT(may([&](const Principal& who) { return MayReadProject(story.state(), who, project).ok(); }),
              listed("user-ada user-bob"));
  EXPECT_THAT(may([&](const Principal& who) { return MayReadProfile(story.state(), who, kEve); }), listed("user-eve"));
  EXPECT_THAT(may([&](const Principal& who) { return CanIncrease(story.state(), who, kLabs); }),
              UnorderedElementsAreArray(Listed("user-ada")));
}

TEST_F(Permissions, TellNothingOfWhatExists) {
  const auto words = [&](const BillingAccountId& account) {
    return std::string(MayReadAccount(story.state(), As("user-zoe"), account).message());
  };
  std::string of_ghost = words(AccountOfUser("ghost"));
  const std::string of_ada = words(kAdas);
  EXPECT_EQ(of_ghost.replace(of_ghost.find("ghost"), 5, "ada"), of_ada);
}

}  // namespace
}  // namespace bursar
