#include "services/cli/render_stream.h"

#include "absl/strings/str_cat.h"
#include "bursar/v1/gate.pb.h"
#include "bursar/v1/history.pb.h"
#include "bursar/v1/usage.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/render.h"
#include "services/cli/values.h"

namespace bursar::cli {
namespace {

using google::protobuf::Message;

std::string Amount(int64_t micros, const std::string& currency) { return ToString(Money::Micros(micros), currency); }

std::string Time(const google::protobuf::Timestamp& time) {
  return WriteTime(absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time)));
}

std::string Lines(const v1::WatchEntriesResponse& message) {
  std::string text;
  for (const v1::Entry& entry : message.entries()) {
    for (const v1::Event& event : entry.events()) {
      absl::StrAppend(&text, entry.position(), "  ", Time(entry.commit_time()), "  ", Printable(entry.principal()),
                      "  ", Printable(event.type()));
      for (const v1::Attribute& attribute : event.attributes()) {
        absl::StrAppend(&text, " ", Printable(attribute.name()), "=", Printable(attribute.value()));
      }
      text += "\n";
    }
  }
  return text;
}

std::string Of(int64_t funds, int64_t base, const std::string& currency) {
  return absl::StrCat(Amount(funds, currency), " left", base == 0 ? "" : " of " + Amount(base, currency));
}

std::string Line(const v1::FundsNotice& notice) {
  std::string what;
  switch (notice.kind()) {
    case v1::FundsNotice::KIND_OUT_OF_FUNDS:
      what = absl::StrCat("OUT OF FUNDS, ", Of(notice.funds_micros(), notice.base_micros(), notice.currency()));
      break;
    case v1::FundsNotice::KIND_RESTORED:
      what = absl::StrCat("restored, ", Amount(notice.funds_micros(), notice.currency()), " left");
      break;
    default:
      what = absl::StrCat(notice.percent(), " % used, ",
                          Of(notice.funds_micros(), notice.base_micros(), notice.currency()));
  }
  return absl::StrCat(notice.position(), "  ", Time(notice.event_time()), "  ", Printable(notice.billing_account()),
                      "  ", what, "\n");
}

std::string Line(const v1::TerminationOrder& order) {
  return absl::StrCat(order.position(), "  ", Time(order.order_time()), "  ", Printable(order.billing_account()),
                      "  STOP ", Printable(order.hold_id()), " of ", Printable(order.user_id()),
                      order.project_id().empty() ? "" : " in " + Printable(order.project_id()), ": ",
                      Printable(order.reason()), "\n");
}

std::string Lines(const v1::WatchFundsResponse& message) {
  std::string text;
  for (const v1::FundsState& state : message.states()) {
    absl::StrAppend(&text, message.position(), "  now  ", Printable(state.billing_account()), "  ", state.percent(),
                    " % used, ", Of(state.funds_micros(), state.base_micros(), state.currency()), "\n");
  }
  for (const v1::FundsEvent& event : message.events()) {
    text += event.has_notice() ? Line(event.notice()) : Line(event.termination_order());
  }
  return text;
}

std::string Lines(const v1::StreamChecksResponse& message) {
  std::string text;
  for (int i = 0; i < message.results_size(); ++i) {
    const v1::CheckResult& result = message.results(i);
    absl::StrAppend(&text, message.sequence(), " [", i, "]  ",
                    result.has_error() ? "ERROR " + Printable(result.error().message()) : VerdictOf(result.decision()),
                    "\n");
  }
  return text;
}

std::string Lines(const v1::StreamUsageResponse& message) {
  std::string text;
  for (const v1::UsageResult& result : message.results()) {
    const v1::Charge& charge = result.charge();
    absl::StrAppend(&text, message.sequence(), "  ", Printable(result.record_id()), "  ",
                    result.has_error()
                        ? "ERROR " + Printable(result.error().message())
                        : absl::StrCat(charge.charge_id(), ": ", Amount(charge.amount_micros(), charge.currency()),
                                       " to ", Printable(charge.billing_account())),
                    "\n");
  }
  return text;
}

}  // namespace

std::string RenderStreamedForPeople(const Message& message) {
  if (const auto* entries = dynamic_cast<const v1::WatchEntriesResponse*>(&message)) return Lines(*entries);
  if (const auto* funds = dynamic_cast<const v1::WatchFundsResponse*>(&message)) return Lines(*funds);
  if (const auto* checks = dynamic_cast<const v1::StreamChecksResponse*>(&message)) return Lines(*checks);
  if (const auto* usage = dynamic_cast<const v1::StreamUsageResponse*>(&message)) return Lines(*usage);
  return RenderForPeople(message);
}

std::string RenderStreamedJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json + "\n" : "{}\n";
}

size_t ToldBy(const Message& message) {
  if (const auto* entries = dynamic_cast<const v1::WatchEntriesResponse*>(&message)) {
    size_t told = 0;
    for (const v1::Entry& entry : entries->entries()) told += static_cast<size_t>(entry.events_size());
    return told;
  }
  if (const auto* funds = dynamic_cast<const v1::WatchFundsResponse*>(&message)) {
    return static_cast<size_t>(funds->events_size());
  }
  return 1;
}

}  // namespace bursar::cli
