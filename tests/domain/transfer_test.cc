// Projects that go to another payer.
#include "tests/domain/story.h"

namespace bursar {
namespace {

// Bob's project, paid by himself; he may bill to the lab, whose admin is Ada.
class Transfer : public testing::Test {
 protected:
  Transfer() {
    story.Upgrade("bob");
    story.FundedLab();
    project = ProjectId(story.Must(CreateProject{.user = kBob, .name = "genomes", .bill_to = kBobs}).position());
  }
  BillingAccountId Payer() const { return story.state().Find(project)->payer; }
  BillingAccountId OfferedTo() const { return story.state().Find(project)->offered_to; }

  Story story;
  ProjectId project;
};

TEST_F(Transfer, C6_ThePersonsCreditStaysWithThePerson) {
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  EXPECT_EQ(Payer(), kBobs) << "the lab has to accept";
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
  EXPECT_EQ(Payer(), kLabs);
  EXPECT_EQ(story.Funds(kBobs), Usd("50"));
  EXPECT_EQ(story.Funds(kLabs), Usd("1000"));
  EXPECT_EQ(story.Account(kLabs).balance.credits.size(), 0u);
}

TEST_F(Transfer, C6_AHoldAlreadyGivenStaysWithItsPayer) {
  GatedAction job = Job(kBob, Usd("5"));
  job.project = project;
  const HoldId hold = story.Hold(job);
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
  story.Must(CaptureHold{.hold = hold, .cost = Usd("5"), .last = true});
  EXPECT_EQ(story.Funds(kBobs), Usd("45"));
}

TEST_F(Transfer, D4_ARestrictedOrganizationLetsOnlyItsAdminsMoveProjects) {
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
  story.Must(SetOrganizationSettings{.organization = kLab, .restricts_transfers = true});
  EXPECT_THAT(story.Do(SetProjectPayer{.user = kBob, .project = project, .bill_to = kBobs}),
              IsRefused(Reason::kTransfersRestricted));
  story.Must(SetProjectPayer{.user = kAda, .project = project, .bill_to = kBobs});
  EXPECT_EQ(Payer(), kLabs);
  story.Must(AcceptProjectTransfer{.user = kBob, .project = project});
  EXPECT_EQ(Payer(), kBobs);
}

TEST_F(Transfer, D4_WhoMayAcceptItselfMovesAtOnce) {
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
  const Entry moved = story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kBobs});
  EXPECT_EQ(moved.events(0).project_payer_set().previous_billing_account(), kLabs.text());
  EXPECT_EQ(Payer(), kBobs);
}

TEST_F(Transfer, D4_TheReceiverHasToBeAbleToPay) {
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Money()});
  EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = kAda, .project = project}),
              IsRefused(Reason::kSpendingLimitExceeded));
  story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1")});
  story.Must(SetOrganizationExpiry{.organization = kLab, .expire_time = story.now()});
  EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = kAda, .project = project}),
              IsRefused(Reason::kOrganizationExpired));
  story.Must(SetOrganizationExpiry{.organization = kLab});
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
}

TEST_F(Transfer, D4_AReceiverWithoutBillingCannotAccept) {
  story.Must(Registration("zoe"));
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = AccountOfUser("zoe")});
  EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = Named("zoe"), .project = project}),
              IsRefused(Reason::kBillingNotSetUp));
}

TEST_F(Transfer, D4_IsDeclinedByTheReceiverOrTakenBackByWhoeverOffers) {
  for (const UserId& user : {kAda, kBob}) {
    story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
    story.Must(DeclineProjectTransfer{.user = user, .project = project});
    EXPECT_TRUE(OfferedTo().empty());
    EXPECT_EQ(Payer(), kBobs);
    EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = kBob, .project = project}),
                IsRefused(Reason::kNoTransferOffered));
  }
}

TEST_F(Transfer, D4_AnOfferFallsWithThePermissionToMakeIt) {
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = kLabs});
  story.Must(AcceptProjectTransfer{.user = kAda, .project = project});
  story.Upgrade("zoe");
  story.Must(SetProjectPayer{.user = kBob, .project = project, .bill_to = AccountOfUser("zoe")});
  story.Must(SetOrganizationSettings{.organization = kLab, .restricts_transfers = true});
  EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = Named("zoe"), .project = project}),
              IsRefused(Reason::kNoTransferOffered));
}

TEST_F(Transfer, IsNoBusinessOfStrangers) {
  story.Upgrade("zoe");
  const UserId zoe = Named("zoe");
  for (const ProjectId any : {project, ProjectId(9999)}) {
    EXPECT_THAT(story.Do(SetProjectPayer{.user = zoe, .project = any, .bill_to = AccountOfUser("zoe")}),
                IsRefused(Reason::kPermissionDenied));
    EXPECT_THAT(story.Do(AcceptProjectTransfer{.user = zoe, .project = any}), IsRefused(Reason::kPermissionDenied));
    EXPECT_THAT(story.Do(DeclineProjectTransfer{.user = zoe, .project = any}), IsRefused(Reason::kPermissionDenied));
  }
}

}  // namespace
}  // namespace bursar
