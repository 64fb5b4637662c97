// What the command line can ask of the ledger: one line for every method of the API.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace bursar::cli {

// `bursar <noun> <verb>` calls the method that takes `request`.
struct Verb {
  std::string noun;
  // Empty for the noun on its own.
  std::string verb;
  const google::protobuf::Descriptor* request = nullptr;
  // Field that may be written without its flag; empty for none.
  std::string positional;
  // Messages whose fields have flags without the message's name.
  std::vector<std::string> inlined;
  // Columns of the answer's tables, see RenderForPeople; empty for all.
  std::vector<std::string> columns;
  // Goes after "bursar ".
  std::string example;

  const google::protobuf::MethodDescriptor& method() const;
  // Whether answers keep coming.
  bool streams() const { return method().server_streaming(); }
  // Whether requests do too: then they are read from lines instead of flags.
  bool exchanges() const { return method().client_streaming(); }
  // "gate place-hold"
  std::string name() const { return verb.empty() ? noun : noun + " " + verb; }
};

const std::vector<Verb>& Verbs();

// A noun and what it is about.
struct Noun {
  std::string name;
  std::string about;
};
const std::vector<Noun>& Nouns();

}  // namespace bursar::cli
