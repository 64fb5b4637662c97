#include "services/api/fingerprint.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "ledger/base/check.h"
#include "ledger/base/link_key.h"

namespace bursar {
namespace {

constexpr size_t kFingerprintSize = 16;

std::string Serialized(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  BURSAR_CHECK(message.SerializeToCodedStream(&coded));
  coded.Trim();
  return bytes;
}

}  // namespace

std::string Fingerprint(absl::string_view method, google::protobuf::Message& request, const std::string& id_field) {
  const auto& descriptor = *request.GetDescriptor();
  const auto& reflection = *request.GetReflection();
  const auto* id = descriptor.FindFieldByName(id_field);
  const auto* validate_only = descriptor.FindFieldByName("validate_only");
  BURSAR_CHECK(id != nullptr);
  const std::string id_was = reflection.GetString(request, id);
  const bool validate_only_was = validate_only != nullptr && reflection.GetBool(request, validate_only);

  reflection.ClearField(&request, id);
  if (validate_only_was) reflection.ClearField(&request, validate_only);
  std::string digest = Sha256(absl::StrCat(method, absl::string_view("\0", 1), Serialized(request)));
  digest.resize(kFingerprintSize);

  reflection.SetString(&request, id, id_was);
  if (validate_only_was) reflection.SetBool(&request, validate_only, true);
  return digest;
}

}  // namespace bursar
