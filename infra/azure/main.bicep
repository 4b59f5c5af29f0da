// mcp-everywhere on Azure Functions, Flex Consumption, with its state in Azure Table Storage and its jobs in a queue. Nothing
// has a password: the app enters its storage account with its own identity.

@description('Where everything is. Not every region has Flex Consumption: az functionapp list-flexconsumption-locations')
param location string = resourceGroup().location

@description('Of the function app: unique in all of Azure, and part of its address.')
param name string = 'mcp-everywhere-${uniqueString(resourceGroup().id)}'

@description('Host names clients use besides the app\'s own (MCP_ALLOWED_HOSTS).')
param allowedHosts string[] = []

@description('Host names of web pages that may call (MCP_ALLOWED_ORIGINS).')
param allowedOrigins string[] = []

@description('Whether clients of the 2025 era get sessions (MCP_SESSIONS).')
@allowed(['on', 'off'])
param sessions string = 'off'

@description('Seals what a tool that asks hands to its next round (REQUEST_STATE_KEY). Without one, the state keeps one.')
@secure()
param requestStateKey string = ''

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
var roles = {
  // For the host: the deployed package, its keys and its leases.
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  // For the app: its state. It creates the table itself.
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  // For both: the app sends jobs, the host hands them over and creates the queue of those it gives up.
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
}

var packages = 'packages'
var jobs = 'mcpjobs'

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'mcp${uniqueString(resourceGroup().id)}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: packages
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource queue 'queues' = {
      name: jobs
    }
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    retentionInDays: 30
    sku: { name: 'PerGB2018' }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packages}'
          authentication: { type: 'SystemAssignedIdentity' }
        }
      }
      runtime: {
        name: 'node'
        version: '24'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 100
      }
    }
  }
}

// Apart from the app, because the app's address is known only once there is the app.
resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    AzureWebJobsStorage__accountName: storage.name
    AzureWebJobsStorage__credential: 'managedidentity'
    JOBS_QUEUE: jobs
    MCP_ALLOWED_HOSTS: join(concat([app.properties.defaultHostName], allowedHosts), ',')
    MCP_ALLOWED_ORIGINS: join(allowedOrigins, ',')
    MCP_SESSIONS: sessions
    REQUEST_STATE_KEY: requestStateKey
  }
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(storage.id, app.id, role.value)
    scope: storage
    properties: {
      principalId: app.identity.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

@description('What to publish to.')
output functionApp string = app.name

@description('The MCP endpoint.')
output endpoint string = 'https://${app.properties.defaultHostName}/mcp'
