// The config of any registered optimizer with some arguments: one that wraps others has an
// inner one, which takes them.
#pragma once

#include <string>

#include "core/base/registry.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {

inline Config optimizer_config(const KindInfo& kind, const Json& arguments = Json::object()) {
  for (const ArgumentInfo& argument : kind.arguments) {
    if (argument.required && argument.type == "optimizer")
      return call_of(kind.name, {{argument.name, {{"Adam", arguments}}}});
    if (argument.required && argument.type == "map to optimizer")
      return call_of(kind.name, {{argument.name, {{".*", {{"Adam", arguments}}}}}});
  }
  return call_of(kind.name, arguments);
}

}  // namespace tutti::test
