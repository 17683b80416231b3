using Mono.Cecil;

namespace HotQuic.Architecture.Tests;

/// <summary>
/// What a caller sees of an assembly's types, a line for each type and member, as its metadata has it: kind, modifiers, names, types with
/// their nullability, defaults and constants, and the attributes that change how a caller compiles.
/// </summary>
internal sealed class PublicSurface(string fromNamespace, string toNamespace)
{
    /// <summary>
    /// Attributes that change what a caller's compiler accepts or says. Those of operating systems are not among them: an assembly that runs
    /// everywhere has none.
    /// </summary>
    private static readonly HashSet<string> Meaningful =
    [
        "System.FlagsAttribute", "System.ObsoleteAttribute", "System.ComponentModel.EditorBrowsableAttribute",
        "System.Diagnostics.CodeAnalysis.ExperimentalAttribute", "System.Runtime.Versioning.RequiresPreviewFeaturesAttribute",
        "System.Diagnostics.CodeAnalysis.AllowNullAttribute", "System.Diagnostics.CodeAnalysis.DisallowNullAttribute",
        "System.Diagnostics.CodeAnalysis.MaybeNullAttribute", "System.Diagnostics.CodeAnalysis.NotNullAttribute",
        "System.Diagnostics.CodeAnalysis.MaybeNullWhenAttribute", "System.Diagnostics.CodeAnalysis.NotNullWhenAttribute",
        "System.Runtime.CompilerServices.RequiredMemberAttribute", "System.ParamArrayAttribute",
    ];

    /// <summary>Every public type of the module, and below it every member that other assemblies can use.</summary>
    public IEnumerable<string> Of(ModuleDefinition module) => module.Types.Where(type => type.IsPublic).SelectMany(Of);

    private IEnumerable<string> Of(TypeDefinition type)
    {
        string name = Map(type.FullName);
        yield return $"{Attributes(type)}{KindOf(type)} {name}{BaseOf(type)}";
        foreach (InterfaceImplementation implemented in type.Interfaces)
        {
            yield return $"{name} : {Render(implemented.InterfaceType, Nullability.None)}";
        }

        IEnumerable<string> members = type.Fields.Where(field => field.IsPublic || field.IsFamily).Select(Describe)
            .Concat(type.Methods.Where(IsVisible).Where(method => !method.IsGetter && !method.IsSetter).Select(Describe))
            .Concat(type.Properties.SelectMany(Describe))
            .Concat(type.Events.Where(item => IsVisible(item.AddMethod)).Select(item => $"event {Render(item.EventType, Nullability.Of(item, type))} {item.Name}"));
        foreach (string member in members)
        {
            yield return $"{name}: {member}";
        }

        foreach (string line in type.NestedTypes.Where(nested => nested.IsNestedPublic).SelectMany(Of))
        {
            yield return line;
        }
    }

    private static string KindOf(TypeDefinition type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => type.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "IsReadOnlyAttribute") ? "readonly struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private string BaseOf(TypeDefinition type) => type.IsEnum
        ? $" : {type.Fields.First(field => !field.IsStatic).FieldType.FullName}"
        : type.BaseType is null or { FullName: "System.Object" or "System.ValueType" } ? "" : $" : {Map(type.BaseType.FullName)}";

    private string Describe(FieldDefinition field) => field.HasConstant
        ? $"{Attributes(field)}const {Render(field.FieldType, Nullability.Of(field, field.DeclaringType))} {field.Name} = {field.Constant}"
        : $"{Attributes(field)}{(field.IsSpecialName ? "special " : "")}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}"
            + $"{Render(field.FieldType, Nullability.Of(field, field.DeclaringType))} {field.Name}";

    /// <summary>An accessor a line, so that one which is ours alone does not make the others differ.</summary>
    private IEnumerable<string> Describe(PropertyDefinition property)
    {
        foreach (MethodDefinition? accessor in new[] { property.GetMethod, property.SetMethod })
        {
            if (accessor is not null && IsVisible(accessor))
            {
                bool isInit = accessor.ReturnType is RequiredModifierType { ModifierType.Name: "IsExternalInit" };
                string verb = accessor.IsGetter ? "get" : isInit ? "init" : "set";
                yield return $"{Attributes(property)}{Attributes(accessor)}{Modifiers(accessor)}"
                    + $"{Render(property.PropertyType, Nullability.Of(property, property.DeclaringType))} {property.Name} {{ {verb}; }}";
            }
        }
    }

    private string Describe(MethodDefinition method) =>
        $"{Attributes(method)}{Attributes(method.MethodReturnType)}{Modifiers(method)}"
        + $"{Render(method.ReturnType, Nullability.Of(method.MethodReturnType, method, method.DeclaringType))} {method.Name}"
        + $"{(method.HasGenericParameters ? $"<{string.Join(", ", method.GenericParameters)}>" : "")}({string.Join(", ", method.Parameters.Select(Describe))})";

    private string Describe(ParameterDefinition parameter)
    {
        var method = (MethodDefinition)parameter.Method;
        string direction = parameter.IsOut ? "out " : parameter.IsIn ? "in " : "";
        string initial = parameter.IsOptional ? $" = {(parameter.HasConstant ? parameter.Constant ?? "default" : "default")}" : "";
        return $"{Attributes(parameter)}{direction}{Render(parameter.ParameterType, Nullability.Of(parameter, method, method.DeclaringType))} {parameter.Name}{initial}";
    }

    private static string Modifiers(MethodDefinition method)
    {
        string access = method.IsPublic ? "public " : "protected ";
        string binding = method switch
        {
            { IsStatic: true } => "static ",
            { IsAbstract: true } => "abstract ",
            { IsVirtual: true, IsNewSlot: false } => "override ",
            { IsVirtual: true, IsFinal: false } => "virtual ",
            _ => "",
        };
        return $"{access}{(method is { IsFinal: true, IsNewSlot: false } ? "sealed " : "")}{binding}";
    }

    private static bool IsVisible(MethodDefinition method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Attributes(ICustomAttributeProvider provider) => string.Concat(provider.CustomAttributes
        .Where(attribute => Meaningful.Contains(attribute.AttributeType.FullName))
        .OrderBy(attribute => attribute.AttributeType.FullName, StringComparer.Ordinal)
        .Select(attribute => $"[{attribute.AttributeType.Name}({string.Join(", ", attribute.ConstructorArguments.Select(argument => argument.Value))})] "));

    private string Render(TypeReference type, Nullability nullability) => type switch
    {
        IModifierType modified => Render(modified.ElementType, nullability),
        ByReferenceType reference => $"ref {Render(reference.ElementType, nullability)}",
        ArrayType array => RenderArray(array, nullability),
        GenericInstanceType { ElementType.FullName: "System.Nullable`1" } optional => $"{Render(optional.GenericArguments[0], nullability)}?",
        GenericInstanceType generic => RenderGeneric(generic, nullability),
        { IsValueType: true } or { FullName: "System.Void" } => Map(type.FullName),
        { IsPrimitive: true } => type.FullName,
        _ => $"{Map(type.FullName)}{nullability.Next()}",
    };

    private string RenderArray(ArrayType array, Nullability nullability)
    {
        string mark = nullability.Next();
        return $"{Render(array.ElementType, nullability)}[]{mark}";
    }

    private string RenderGeneric(GenericInstanceType generic, Nullability nullability)
    {
        string mark = nullability.Next();
        IEnumerable<string> arguments = generic.GenericArguments.Select(argument => Render(argument, nullability)).ToArray();
        string name = Map(generic.ElementType.FullName);
        return $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", arguments)}>{(generic.IsValueType ? "" : mark)}";
    }

    private string Map(string name) => name.StartsWith(fromNamespace + ".", StringComparison.Ordinal) ? toNamespace + name[fromNamespace.Length..] : name;

    /// <summary>The nullability of a type's parts in the order of the compiler's NullableAttribute: a byte for each that can be null, or one for all.</summary>
    private sealed class Nullability(byte[] flags)
    {
        private int _next;

        public static Nullability None => new([]);

        public static Nullability Of(ICustomAttributeProvider item, params ReadOnlySpan<ICustomAttributeProvider> around)
        {
            if (Find(item, "NullableAttribute") is { } own)
            {
                return new Nullability(own.Value is CustomAttributeArgument[] several ? [.. several.Select(each => (byte)each.Value)] : [(byte)own.Value]);
            }

            foreach (ICustomAttributeProvider context in around)
            {
                if (Find(context, "NullableContextAttribute") is { } general)
                {
                    return new Nullability([(byte)general.Value]);
                }
            }

            return None;
        }

        public string Next() => flags.Length == 0 ? "" : (flags.Length == 1 ? flags[0] : flags[_next++]) == 2 ? "?" : "";

        private static CustomAttributeArgument? Find(ICustomAttributeProvider item, string name) =>
            item.CustomAttributes.FirstOrDefault(attribute => attribute.AttributeType.Name == name)?.ConstructorArguments[0];
    }
}
