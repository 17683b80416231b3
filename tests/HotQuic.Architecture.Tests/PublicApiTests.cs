using System.Reflection;

namespace HotQuic.Architecture.Tests;

/// <summary>
/// What a package promises is reviewed as a text, the PublicAPI.txt of its project. A change of the public surface changes that file too:
/// HOTQUIC_UPDATE_API=1 writes it anew, and the diff is the review.
/// </summary>
public class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Theory]
    [InlineData("HotQuic")]
    [InlineData("HotQuic.Http3")]
    [InlineData("HotQuic.Kestrel")]
    public void ThePublicSurfaceIsTheReviewedOne(string package)
    {
        string path = Checkout.PathOf("src", package, "PublicAPI.txt");
        string[] actual = [.. Assembly.Load(package).GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(Describe)];
        if (Environment.GetEnvironmentVariable("HOTQUIC_UPDATE_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] reviewed = File.Exists(path) ? File.ReadAllLines(path) : [];
        Assert.True(
            reviewed.SequenceEqual(actual),
            $"Not in the reviewed file:\n{string.Join('\n', actual.Except(reviewed))}\nOnly in the reviewed file:\n{string.Join('\n', reviewed.Except(actual))}");
    }

    [Theory]
    [InlineData("HotQuic")]
    [InlineData("HotQuic.Http3")]
    [InlineData("HotQuic.Kestrel")]
    public void TheSurfaceNamesNoInternalAssembly(string package)
    {
        IEnumerable<Type> mentioned = Assembly.Load(package).GetExportedTypes()
            .SelectMany(type => type.GetMethods(Declared).Where(IsVisible))
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType));
        Assert.DoesNotContain(mentioned, type => type.Assembly.GetName().Name is "HotQuic.Core" or "HotQuic.Udp");
    }

    private static IEnumerable<string> Describe(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsInterface ? "interface" : type.IsSubclassOf(typeof(Delegate)) ? "delegate" : "class";
        string modifiers = type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsSealed && kind == "class" ? "sealed " : type.IsAbstract ? "abstract " : string.Empty;
        string parent = type.BaseType is { } baseType && baseType != typeof(object) && kind == "class" ? $" : {Name(baseType)}" : string.Empty;
        yield return $"{modifiers}{kind} {type.FullName}{parent}";
        IEnumerable<string> members = type.GetMembers(Declared)
            .Where(member => member is not Type && IsVisible(member) && !member.Name.StartsWith('<'))
            .Select(Describe)
            .OfType<string>()
            .OrderBy(text => text, StringComparer.Ordinal);
        foreach (string member in members)
        {
            yield return $"  {member}";
        }
    }

    private static string? Describe(MemberInfo member) => member switch
    {
        FieldInfo { IsSpecialName: true } => null,
        FieldInfo { IsLiteral: true } field => $"const {Name(field.FieldType)} {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo field => $"field {(field.IsStatic ? "static " : string.Empty)}{Name(field.FieldType)} {field.Name}",
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        PropertyInfo property => $"property {Name(property.PropertyType)} {property.Name} {{{Accessor(property.GetMethod, "get")}{Accessor(property.SetMethod, "set")} }}",
        EventInfo item => $"event {Name(item.EventHandlerType!)} {item.Name}",
        MethodInfo { IsSpecialName: true } => null,
        MethodInfo method => $"{(method.IsStatic ? "static " : string.Empty)}{(method.IsFamily ? "protected " : string.Empty)}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        _ => null,
    };

    private static string Accessor(MethodInfo? accessor, string name)
    {
        if (accessor is null || !IsVisible(accessor))
        {
            return string.Empty;
        }

        bool isInit = accessor.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit");
        return isInit ? " init;" : $" {name};";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        FieldInfo field => field.IsPublic || field.IsFamily,
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo item => item.AddMethod is { } add && IsVisible(add),
        _ => false,
    };

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : string.Empty)}"));

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;
}
