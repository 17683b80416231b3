using HotQuic.Kestrel;
using HotQuic.Kestrel.Listening;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes HotQuic the transport of Kestrel's HTTP/3 endpoints, for applications that build their services themselves.</summary>
public static class HotQuicServiceCollectionExtensions
{
    /// <summary>
    /// Adds the transport. Kestrel asks the transport that was added last first, so it takes the place of the platform's, where there is one.
    /// A second call adds its callback only.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets options, after they were read from the section "HotQuic" of the configuration; null for none.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">There are no services.</exception>
    public static IServiceCollection AddHotQuic(this IServiceCollection services, Action<HotQuicTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IMultiplexedConnectionListenerFactory, HotQuicTransportFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HotQuicTransportOptions>, HotQuicTransportOptionsValidation>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<HotQuicTransportOptions>, FromConfiguration>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }

    /// <summary>Reads the options' section, where the application has a configuration.</summary>
    private sealed class FromConfiguration(IConfiguration? configuration = null) : IConfigureOptions<HotQuicTransportOptions>
    {
        public void Configure(HotQuicTransportOptions options)
        {
            if (configuration?.GetSection(HotQuicTransportOptions.SectionName) is not { } section)
            {
                return;
            }

            // The binder adds to what is there, and each group may be there once.
            if (section.GetSection($"{nameof(options.Transport)}:{nameof(options.Transport.KeyExchangeGroups)}").Exists())
            {
                options.Transport.KeyExchangeGroups = [];
            }

            section.Bind(options);
        }
    }
}
