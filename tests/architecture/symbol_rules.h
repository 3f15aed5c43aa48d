// Objects compiled for one instruction set define functions in that set's namespace alone. A weak
// symbol outside it (an inline function of the standard library, say) may be the copy that the
// linker keeps for every caller, and then a machine without AVX-512 dies in std::vector.
#pragma once

#include <regex>
#include <sstream>

#include "tests/architecture/source_tree.h"

namespace tutti::architecture {

// `listing` is what `nm --defined-only` prints of one object: "address type mangled-name".
inline std::vector<Breach> symbol_breaches(const std::string& object, const std::string& listing,
                                           const std::string& isa) {
  const std::string room = "5tutti3cpu" + std::to_string(isa.size()) + isa;
  // Functions, their statics and guards, variables, and what describes types.
  const std::regex own("^_Z(GV|TV|TI|TS|TT)?Z?N?K?" + room);
  std::vector<Breach> breaches;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, type, name;
    if (!(words >> address >> type >> name)) continue;
    const bool local = std::islower(static_cast<unsigned char>(type[0])) && type != "u" &&
                       type != "v" && type != "w";
    // A pointer to the runtime's unwinder, the same bytes in every object.
    if (local || name == "DW.ref.__gxx_personality_v0") continue;
    if (!std::regex_search(name, own)) {
      breaches.push_back(
          {object, 0, "defines " + name + " (" + type + ") outside tutti::cpu::" + isa});
    }
  }
  return breaches;
}

}  // namespace tutti::architecture
