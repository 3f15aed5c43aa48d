// Kinds of objects that can be named in a job file: layers, losses, optimizers, datasets, ...
//
// A class enters itself at load and declares each argument once, against the member it fills:
//
//   TUTTI_REGISTER(Layer, DenseLayer, "Dense", "activation(x kernel + bias)")
//       .required("units", &DenseOptions::units, "neurons")
//       .argument("activation", &DenseOptions::activation, "applied to the output");
//
// The class has `using Options = DenseOptions`, a constructor from Options, and `options()`. Its
// category (`Layer`) derives from Configurable and has `static constexpr const char* category`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "core/base/config.h"
#include "core/base/config_convert.h"

namespace tutti {

// Base of everything that a registry makes.
class Configurable {
 public:
  virtual ~Configurable() = default;
  // The object whose config this is: itself, unless it adapts one of another category.
  virtual const Configurable& configured() const { return *this; }
};

struct NoOptions {};

struct ArgumentInfo {
  std::string name, type, doc;
  bool required = false;
  bool of_call = false;  // in Keras an argument of the call, not of the class
  std::function<void(const Config&, void* options)> read;
  std::function<Config(const void* options)> write;
};

struct KindInfo {
  std::string category, name, doc;
  std::vector<std::string>
      aliases;  // other spellings; snake_case and lower case of `name` always count
  std::vector<ArgumentInfo> arguments;
  std::string keras_module;  // where Keras has it, if not where it has others of the category
  // Arguments of Keras's that are known with one value alone; null: with any, as they say nothing.
  std::vector<Config::Entry> fixed;
  std::type_index type = typeid(void);
  std::function<std::shared_ptr<Configurable>(const KindInfo&, const Config&)> make;
  std::function<Config(const KindInfo&, const Configurable&)> get_config;
  std::function<Config(const ArgumentInfo&)> default_of;  // null for a required argument
};

// As Keras does it: "MeanSquaredError" is "mean_squared_error", "Conv2D" is "conv2d".
std::string snake_case(std::string_view camel);

// Adds a kind. A second kind of the same category and name is an error.
KindInfo& add_kind(KindInfo info);
// By name, alias, snake_case or lower case; null if unknown.
const KindInfo* find_kind(std::string_view category, std::string_view name);
const KindInfo* kind_of(const Configurable& object);               // null for an unregistered class
std::vector<const KindInfo*> kinds_of(std::string_view category);  // sorted by name
std::vector<std::string> categories();

// A kind as a config names it: "relu", {Name: {args}} or {class_name, config}.
struct KindCall {
  std::string name;
  Config arguments;  // a map or null
  std::string place;
  bool saved = false;  // the last form: what an object is not (false, null) need not be known
};
KindCall parse_kind(std::string_view category, const Config& config);

// Throws naming the place, the unknown name and the nearest known one.
std::shared_ptr<Configurable> make_kind(std::string_view category, const Config& config);
// {Name: {args}} of a registered object, all arguments written out; "Name" if it takes none.
Config kind_config(const Configurable& object);

// Reads a map of arguments into options.
void read_arguments(const KindInfo& kind, const Config& arguments, void* options);
// Those of a saved object without what its kind does not know and that is switched off, or has the
// one value that is known.
Config known_arguments(const KindInfo& kind, const Config& arguments);
// Keys that every kind of a category takes besides its own arguments ("name" of a layer).
void add_common_key(std::string_view category, std::string_view key);

// Lets a category take objects of another ("activation" takes a "layer"): `make` makes one from its
// config and wraps it, and configured() of that gives it back.
using MakeAdopted = std::function<std::shared_ptr<Configurable>(const Config&)>;
bool adopt_kinds(std::string_view category, std::string_view other, MakeAdopted make);

template <typename Base>
std::shared_ptr<Base> make(const Config& config) {
  return std::static_pointer_cast<Base>(make_kind(Base::category, config));
}

// Makes `argument` refuse words outside `words`, naming the nearest.
void restrict_choice(ArgumentInfo& argument, std::vector<std::string> words);

template <typename Base, typename T>
class KindBuilder {
 public:
  using Options = typename T::Options;

  KindBuilder(std::string name, std::string doc) {
    KindInfo info;
    info.category = Base::category;
    info.name = std::move(name);
    info.doc = std::move(doc);
    info.type = typeid(T);
    info.make = [](const KindInfo& kind, const Config& arguments) -> std::shared_ptr<Configurable> {
      Options options{};
      read_arguments(kind, arguments, &options);
      return std::make_shared<T>(std::move(options));
    };
    info.get_config = [](const KindInfo& kind, const Configurable& object) {
      Config config{Config::Map()};
      const Options& options = static_cast<const T&>(object).options();
      for (const auto& argument : kind.arguments)
        config.set(argument.name, argument.write(&options));
      return config;
    };
    info.default_of = [](const ArgumentInfo& argument) {
      const Options defaults{};
      return argument.required ? Config() : argument.write(&defaults);
    };
    kind_ = &add_kind(std::move(info));
  }

  // An optional argument; its default is the member's.
  template <typename Owner, typename M>
  KindBuilder& argument(std::string name, M Owner::*member, std::string doc) {
    ArgumentInfo info;
    info.name = std::move(name);
    info.type = type_name(static_cast<const M*>(nullptr));
    info.doc = std::move(doc);
    info.read = [member](const Config& config, void* options) {
      read_config(config, static_cast<Options*>(options)->*member);
    };
    info.write = [member](const void* options) {
      return write_config(static_cast<const Options*>(options)->*member);
    };
    kind_->arguments.push_back(std::move(info));
    return *this;
  }
  template <typename Owner, typename M>
  KindBuilder& required(std::string name, M Owner::*member, std::string doc) {
    argument(std::move(name), member, std::move(doc));
    kind_->arguments.back().required = true;
    return *this;
  }
  // An optional argument that Keras takes in the call.
  template <typename Owner, typename M>
  KindBuilder& call_argument(std::string name, M Owner::*member, std::string doc) {
    argument(std::move(name), member, std::move(doc));
    kind_->arguments.back().of_call = true;
    return *this;
  }
  // An argument of Keras's that must be `value`, and is written nowhere; null: it may be anything.
  KindBuilder& fixed(std::string name, Config value) {
    kind_->fixed.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  // An argument that takes one of a few words.
  template <typename Owner>
  KindBuilder& choice(std::string name, std::string Owner::*member, std::vector<std::string> words,
                      std::string doc) {
    argument(std::move(name), member, std::move(doc));
    restrict_choice(kind_->arguments.back(), std::move(words));
    return *this;
  }
  // Arguments that several kinds share: declare(builder) adds them.
  template <typename Declare>
  KindBuilder& with(const Declare& declare) {
    declare(*this);
    return *this;
  }
  KindBuilder& keras_module(std::string module) {
    kind_->keras_module = std::move(module);
    return *this;
  }
  KindBuilder& alias(std::string other) {
    kind_->aliases.push_back(std::move(other));
    return *this;
  }

 private:
  KindInfo* kind_;
};

#define TUTTI_CONCAT_(a, b) a##b
#define TUTTI_CONCAT(a, b) TUTTI_CONCAT_(a, b)
#define TUTTI_REGISTER(Base, T, name, doc)                                          \
  [[maybe_unused]] static const auto TUTTI_CONCAT(tutti_registered_, __COUNTER__) = \
      ::tutti::KindBuilder<Base, T>(name, doc)

// A reference to an object of another kind, as an argument or a parameter: made from a name
// ("glorot_uniform"), a config, a shared pointer or an object. Empty means none.
template <typename Base>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  Ref(const char* name) : Ref(Config(name)) {}
  Ref(const std::string& name) : Ref(Config(name)) {}
  Ref(const Config& config) {
    if (!config.is_null()) object_ = make<Base>(config);
  }
  template <typename T>
  requires std::derived_from<T, Base> Ref(std::shared_ptr<T> object) : object_(std::move(object)) {}
  template <typename T>
  requires std::derived_from<T, Base> Ref(T object)
      : object_(std::make_shared<T>(std::move(object))) {}
  // A C++ function, where the category takes one (a loss, a metric).
  template <typename F>
  requires(!std::derived_from<F, Base>) && requires(F f) { Base::from_function(std::move(f)); }
  Ref(F function) : object_(Base::from_function(std::move(function))) {}

  explicit operator bool() const { return object_ != nullptr; }
  Base& operator*() const { return *object_; }
  Base* operator->() const { return object_.get(); }
  const std::shared_ptr<Base>& pointer() const { return object_; }

 private:
  std::shared_ptr<Base> object_;
};

template <typename Base>
std::string type_name(const Ref<Base>*) {
  return Base::category;
}
template <typename Base>
void read_config(const Config& config, Ref<Base>& out) {
  out = Ref<Base>(config);
}
template <typename Base>
Config write_config(const Ref<Base>& ref) {
  return ref ? kind_config(*ref) : Config();
}

}  // namespace tutti
