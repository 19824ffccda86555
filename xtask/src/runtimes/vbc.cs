// The command line of a Visual Basic compiler, around Roslyn, which is a library: vbc REFERENCES OUT.dll SOURCE.vb...
//
// By reflection, since Mono's compiler, which compiles this, cannot read the assemblies that Roslyn is built upon.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

static class Vbc
{
    static readonly Assembly Core = Load("Microsoft.CodeAnalysis");
    static readonly Assembly VisualBasic = Load("Microsoft.CodeAnalysis.VisualBasic");

    static int Main(string[] arguments)
    {
        string references = arguments[0], output = arguments[1];
        var tree = Core.GetType("Microsoft.CodeAnalysis.SyntaxTree");
        var reference = Core.GetType("Microsoft.CodeAnalysis.MetadataReference");
        var parser = VisualBasic.GetType("Microsoft.CodeAnalysis.VisualBasic.VisualBasicSyntaxTree");
        var parse = parser.GetMethod("ParseText", "text", typeof(string));
        var trees = arguments.Skip(2).Select(path =>
            parse.Call(null, new Named { { "text", File.ReadAllText(path) }, { "path", path } }));
        var open = reference.GetMethod("CreateFromFile", "path", typeof(string));
        var assemblies = Directory.GetFiles(references, "*.dll").Where(IsManaged).Select(path =>
            open.Call(null, new Named { { "path", path } }));

        var optionsType = VisualBasic.GetType("Microsoft.CodeAnalysis.VisualBasic.VisualBasicCompilationOptions");
        var program = Enum.Parse(Core.GetType("Microsoft.CodeAnalysis.OutputKind"), "ConsoleApplication");
        var options = optionsType.GetConstructors().Where(it => it.GetParameters().Length > 1)
            .OrderBy(it => it.GetParameters().Length).Last()
            .Call(null, new Named { { "outputKind", program } });
        var compilationType = VisualBasic.GetType("Microsoft.CodeAnalysis.VisualBasic.VisualBasicCompilation");
        var compilation = compilationType.GetMethod("Create", "assemblyName", typeof(string)).Call(null, new Named {
            { "assemblyName", Path.GetFileNameWithoutExtension(output) }, { "syntaxTrees", trees.ToArrayOf(tree) },
            { "references", assemblies.ToArrayOf(reference) }, { "options", options } });
        using (var stream = File.Create(output))
        {
            var emit = compilationType.GetMethod("Emit", "peStream", typeof(Stream));
            var result = emit.Call(compilation, new Named { { "peStream", stream } });
            foreach (var diagnostic in (IEnumerable)result.Get("Diagnostics"))
                Console.Error.WriteLine(diagnostic);
            return (bool)result.Get("Success") ? 0 : 1;
        }
    }

    static Assembly Load(string name)
    {
        return Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
    }

    // Not every file of that name is an assembly of managed code.
    static bool IsManaged(string path)
    {
        try
        {
            return AssemblyName.GetAssemblyName(path) != null;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}

class Named : Dictionary<string, object> { }

static class Reflection
{
    // The overload with this first parameter and the most others.
    public static MethodBase GetMethod(this Type type, string name, string parameter, Type of)
    {
        return type.GetMethods().Where(it => it.Name == name).OrderBy(it => it.GetParameters().Length)
            .Last(it => it.GetParameters()[0].Name == parameter && it.GetParameters()[0].ParameterType == of);
    }

    // Arguments that are not named have their defaults.
    public static object Call(this MethodBase method, object instance, Named named)
    {
        var arguments = method.GetParameters().Select(it =>
            named.ContainsKey(it.Name) ? named[it.Name]
            : it.HasDefaultValue && it.DefaultValue != null ? it.DefaultValue
            : it.ParameterType.IsValueType ? Activator.CreateInstance(it.ParameterType) : null).ToArray();
        var constructor = method as ConstructorInfo;
        return constructor != null ? constructor.Invoke(arguments) : method.Invoke(instance, arguments);
    }

    public static object Get(this object instance, string property)
    {
        return instance.GetType().GetProperty(property).GetValue(instance);
    }

    public static Array ToArrayOf(this IEnumerable<object> items, Type type)
    {
        var list = items.ToArray();
        var array = Array.CreateInstance(type, list.Length);
        Array.Copy(list, array, list.Length);
        return array;
    }
}
