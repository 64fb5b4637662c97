#include "services/cli/comments.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.pb.h"
#include "ledger/base/check.h"

// The compiled-in descriptors carry no comments, so the file that protoc writes with them is put into the program.
asm(R"(
.section .rodata
.global bursar_api_descriptors
.global bursar_api_descriptors_end
bursar_api_descriptors:
.incbin ")" BURSAR_API_DESCRIPTORS R"("
bursar_api_descriptors_end:
.previous
)");
extern "C" const char bursar_api_descriptors[];
extern "C" const char bursar_api_descriptors_end[];

namespace bursar::cli {
namespace {

const google::protobuf::DescriptorPool& CommentedPool() {
  static const auto* const pool = [] {
    google::protobuf::FileDescriptorSet files;
    BURSAR_CHECK(files.ParseFromArray(bursar_api_descriptors,
                                      static_cast<int>(bursar_api_descriptors_end - bursar_api_descriptors)));
    auto* built = new google::protobuf::DescriptorPool();
    for (const google::protobuf::FileDescriptorProto& file : files.file()) {
      BURSAR_CHECK(built->BuildFile(file) != nullptr);
    }
    return built;
  }();
  return *pool;
}

template <class Commented>
std::string CommentOfCommented(const Commented* commented) {
  google::protobuf::SourceLocation location;
  if (commented == nullptr || !commented->GetSourceLocation(&location)) return "";
  std::vector<std::string> paragraphs(1);
  for (absl::string_view line : absl::StrSplit(location.leading_comments, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) {
      if (!paragraphs.back().empty()) paragraphs.emplace_back();
    } else {
      paragraphs.back().append(paragraphs.back().empty() ? "" : " ").append(line.data(), line.size());
    }
  }
  if (paragraphs.back().empty()) paragraphs.pop_back();
  return absl::StrJoin(paragraphs, "\n");
}

}  // namespace

std::string CommentOf(const google::protobuf::MethodDescriptor& method) {
  return CommentOfCommented(CommentedPool().FindMethodByName(method.full_name()));
}

std::string CommentOf(const google::protobuf::FieldDescriptor& field) {
  return CommentOfCommented(CommentedPool().FindFieldByName(field.full_name()));
}

}  // namespace bursar::cli
