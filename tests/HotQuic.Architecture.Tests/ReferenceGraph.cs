using Mono.Cecil;
using Mono.Cecil.Cil;

namespace HotQuic.Architecture.Tests;

/// <summary>One use of a type by a member: a field, a parameter, a base, or an instruction.</summary>
internal readonly record struct Reference(string From, string FromNamespace, string To, string ToNamespace);

/// <summary>Every reference from one type to another in a compiled assembly, in signatures as well as in IL.</summary>
internal static class ReferenceGraph
{
    public static IEnumerable<Reference> Of(ModuleDefinition module)
    {
        foreach (TypeDefinition type in module.GetTypes())
        {
            string space = NamespaceOf(type);
            foreach ((string member, TypeReference used) in Uses(type))
            {
                foreach (TypeReference part in Parts(used))
                {
                    yield return new Reference($"{type.FullName}::{member}", space, part.FullName, NamespaceOf(part));
                }
            }
        }
    }

    /// <summary>Nested types, closures and enumerators belong to the namespace of what they are nested in.</summary>
    private static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace;
    }

    private static IEnumerable<(string Member, TypeReference Used)> Uses(TypeDefinition type)
    {
        foreach (TypeReference used in type.Interfaces.Select(i => i.InterfaceType).Append(type.BaseType).Concat(type.CustomAttributes.Select(a => a.AttributeType)))
        {
            if (used is not null)
            {
                yield return ("declaration", used);
            }
        }

        foreach (FieldDefinition field in type.Fields)
        {
            yield return (field.Name, field.FieldType);
        }

        foreach (MethodDefinition method in type.Methods)
        {
            foreach (TypeReference used in Uses(method))
            {
                yield return (method.Name, used);
            }
        }
    }

    private static IEnumerable<TypeReference> Uses(MethodDefinition method)
    {
        IEnumerable<TypeReference> signature = method.Parameters.Select(parameter => parameter.ParameterType)
            .Append(method.ReturnType)
            .Concat(method.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType)));
        if (!method.HasBody)
        {
            return signature;
        }

        return signature
            .Concat(method.Body.Variables.Select(variable => variable.VariableType))
            .Concat(method.Body.ExceptionHandlers.Select(handler => handler.CatchType).Where(type => type is not null))
            .Concat(method.Body.Instructions.SelectMany(Uses));
    }

    private static IEnumerable<TypeReference> Uses(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod generic => [generic.DeclaringType, generic.ReturnType, .. generic.GenericArguments, .. generic.Parameters.Select(p => p.ParameterType)],
        MethodReference method => [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)],
        _ => [],
    };

    /// <summary>The named types that a type is made of: element types, generic arguments.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type)
    {
        switch (type)
        {
            case GenericParameter:
                return [];
            case GenericInstanceType generic:
                return generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType);
            case IModifierType modified:
                return Parts(modified.ElementType).Concat(Parts(modified.ModifierType));
            case TypeSpecification specification:
                return Parts(specification.ElementType);
            default:
                return [type];
        }
    }
}
