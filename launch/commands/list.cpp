// `tutti list`: what a job file may name, read from the registry.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/registry.h"
#include "io/config_json.h"
#include "launch/commands/command.h"

namespace tutti {

namespace {

using nlohmann::ordered_json;

std::string default_text(const KindInfo& kind, const ArgumentInfo& argument) {
  return argument.required ? "required" : to_string(kind.default_of(argument));
}

void print_categories() {
  for (const auto& category : categories()) {
    std::string line = fmt::format("{:<13}", category);
    for (const KindInfo* kind : kinds_of(category)) line += " " + kind->name;
    std::cout << line << "\n";
  }
  std::cout << "\n`tutti list KIND` says what each is, `tutti list KIND NAME` what it takes.\n";
}

void print_every_kind() {
  for (const auto& category : categories())
    for (const KindInfo* kind : kinds_of(category)) {
      std::cout << category << " " << kind->name;
      for (const auto& alias : kind->aliases) std::cout << " " << alias;
      std::cout << "\n";
    }
}

void print_kinds(const std::string& category) {
  for (const KindInfo* kind : kinds_of(category))
    std::cout << fmt::format("{:<32} {}\n", kind->name, kind->doc);
}

void print_kind(const KindInfo& kind) {
  std::cout << fmt::format("{} {}: {}\n", kind.category, kind.name, kind.doc);
  std::string aliases = snake_case(kind.name) == kind.name ? "" : snake_case(kind.name);
  for (const auto& alias : kind.aliases) aliases += (aliases.empty() ? "" : ", ") + alias;
  if (!aliases.empty()) std::cout << "also written " << aliases << "\n";
  if (kind.arguments.empty()) {
    std::cout << "\nno arguments of its own\n";
    return;
  }
  std::cout << fmt::format("\n{:<24} {:<26} {}\n", "argument", "type", "default");
  for (const auto& argument : kind.arguments)
    std::cout << fmt::format("{:<24} {:<26} {:<20} {}\n", argument.name, argument.type,
                             default_text(kind, argument), argument.doc);
}

ordered_json kind_json(const KindInfo& kind) {
  ordered_json arguments = ordered_json::array();
  for (const auto& argument : kind.arguments) {
    ordered_json entry = {{"name", argument.name},
                          {"type", argument.type},
                          {"doc", argument.doc},
                          {"required", argument.required}};
    if (!argument.required) entry["default"] = to_json(kind.default_of(argument));
    arguments.push_back(std::move(entry));
  }
  return {{"kind", kind.category},
          {"name", kind.name},
          {"doc", kind.doc},
          {"aliases", kind.aliases},
          {"arguments", arguments}};
}

class ListCommand : public Command {
 public:
  std::string name() const override { return "list"; }
  std::string usage() const override { return "[KIND [NAME]] [--kinds] [--json]"; }
  std::string summary() const override { return "what a job file may name, and what it takes"; }
  std::string example() const override { return "tutti list layer Dense"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("kind", options::value<std::string>(), "layer, loss, optimizer, ...")(
        "name", options::value<std::string>(), "one of that kind")(
        "kinds", "every kind, one in a line with all its names")("json", "for machines");
    ordered.add("kind", 1).add("name", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    if (!session.speaks()) return;
    std::string category = text_option(given, "kind");
    if (!category.empty()) category = known_category(category);
    if (category.empty() && given.count("name"))
      fail(ExitCode::usage, "tutti list", "say of which kind '{}' is; use: tutti list {}",
           text_option(given, "name"), usage());
    const KindInfo* kind =
        given.count("name") ? &known_kind(category, text_option(given, "name")) : nullptr;
    if (given.count("json")) return print_json(category, kind);
    if (given.count("kinds"))
      print_every_kind();
    else if (category.empty())
      print_categories();
    else if (!kind)
      print_kinds(category);
    else
      print_kind(*kind);
    std::cout << std::flush;
  }

 private:
  static std::string known_category(const std::string& wanted) {
    const auto known = categories();
    for (const auto& category : known)
      if (category == wanted || category + "s" == wanted || category + "es" == wanted)
        return category;
    fail(ExitCode::usage, "tutti list", "unknown kind '{}'{}; the kinds are {}", wanted,
         did_you_mean(wanted, known), fmt::join(known, ", "));
  }
  static const KindInfo& known_kind(const std::string& category, const std::string& wanted) {
    if (const KindInfo* kind = find_kind(category, wanted)) return *kind;
    std::vector<std::string> names;
    for (const KindInfo* kind : kinds_of(category)) names.push_back(kind->name);
    fail(ExitCode::usage, "tutti list", "unknown {} '{}'{}; tutti list {} names them all", category,
         wanted, did_you_mean(wanted, names), category);
  }
  static void print_json(const std::string& category, const KindInfo* kind) {
    ordered_json all = ordered_json::array();
    if (kind) {
      all = kind_json(*kind);
    } else {
      for (const auto& each : categories())
        for (const KindInfo* one : kinds_of(each))
          if (category.empty() || category == each) all.push_back(kind_json(*one));
    }
    std::cout << all.dump(2) << std::endl;
  }
};

const bool list_command_added = add_command(std::make_unique<ListCommand>());

}  // namespace

}  // namespace tutti
